// Copies the text of what a button names, and says so on the button.
"use strict";
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  const from = button && document.querySelector(button.dataset.copy);
  if (!from || button.dataset.words !== undefined) return;
  const text = from.value ?? from.textContent;
  let said = "Copied";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without https browsers keep the clipboard to themselves; what is selected can be copied all the same.
    const range = document.createRange();
    range.selectNodeContents(from);
    getSelection().removeAllRanges();
    getSelection().addRange(range);
    from.select?.();
    said = document.execCommand("copy") ? "Copied" : "Selected: press Ctrl+C";
  }
  button.dataset.words = button.textContent;
  button.textContent = said;
  setTimeout(() => {
    button.textContent = button.dataset.words;
    delete button.dataset.words;
  }, 1800);
});
