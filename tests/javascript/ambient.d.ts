// What the app's scripts find in the browser that TypeScript cannot know.
declare const $3Dmol: any; // 3Dmol.js, which a view loads first

interface Window {
  disgenState: string; // of a 3D view, for the tests: "drawn" or "failed"
  disgenViewers: any[];
}

// The element of the latent map, with its chart.
interface HTMLElement {
  disgenMap: any;
}
