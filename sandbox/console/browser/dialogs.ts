import { sanitized } from './sanitize.ts';

/** Asks as the console does before an action. @returns whether it was confirmed */
export function confirmed(question: string): Promise<boolean> {
  const text = document.createElement('p');
  text.textContent = question;
  return open('Confirm the action', text, ['Cancel', 'Confirm']).then((answer) => answer === 'Confirm');
}

/** Shows an answer above the widget until it is closed. */
export async function showPopup({
  html = '',
  error,
}: {
  readonly html?: string;
  readonly error?: string;
}): Promise<void> {
  const content = document.createElement('div');
  if (error === undefined) content.attachShadow({ mode: 'open' }).append(sanitized(html));
  else content.textContent = `Error: ${error}`;
  await open('Answer', content, ['Close']);
}

function open(label: string, content: HTMLElement, choices: readonly string[]): Promise<string> {
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-label', label);
  const form = document.createElement('form');
  form.method = 'dialog';
  form.append(
    ...choices.map((choice) => {
      const button = document.createElement('button');
      button.value = choice;
      button.textContent = choice;
      return button;
    }),
  );
  dialog.append(content, form);
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}
