// What the app's scripts find in the browser that TypeScript cannot know.
declare const $3Dmol: any; // 3Dmol.js, which a view loads first

interface Window {
  disgenState: string; // of a 3D view, for the tests: "drawn" or "failed"
  disgenViewers: any[];
}

// An element with a chart of plotly. The names with an underscore are plotly's own: its versions are pinned narrowly.
interface Chart extends HTMLElement {
  _fullLayout?: any;
  _fullData?: any[];
  layout: any;
  emit(name: string, event: any): void; // of plotly
}
