// An answer without the document around it, as the server gives it to this script.

/** Says that only the answer is wanted. */
export const headers = { "Predilect-Fragment": "1" };

/**
 * The parts of an answer; `null`: it is not one.
 * @param {string} text
 */
export function parted(text) {
  const parts = new DOMParser().parseFromString(text, "text/html");
  const bar = parts.querySelector('template[data-part="bar"]');
  const answer = parts.querySelector('template[data-part="main"]');
  return bar instanceof HTMLTemplateElement && answer instanceof HTMLTemplateElement ? { bar, answer } : null;
}
