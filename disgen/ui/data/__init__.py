"""What all sessions read: runs, their points, their pictures, 3Dmol.js."""
