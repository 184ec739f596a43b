// Buttons of the panel: what was pressed goes to the extension, which has the candidates.
const editor = acquireVsCodeApi();
document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { insert, copy } = button.dataset;
  if (insert) editor.postMessage({ type: "insert", id: insert });
  if (copy) editor.postMessage({ type: "copy", id: copy });
});
