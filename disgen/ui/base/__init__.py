"""What knows no run: colours, addresses, words and tables."""
