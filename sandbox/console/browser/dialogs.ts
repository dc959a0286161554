import { sanitized } from './sanitize.ts';

/**
 * Asks for confirmation like the console does before an action.
 *
 * @param action the label of the pressed button, repeated on the button that confirms
 * @returns whether it was confirmed
 */
export function confirmed(question: string, action: string): Promise<boolean> {
  const text = document.createElement('p');
  text.textContent = question;
  return open('Confirm the action', text, ['Cancel', action]).then((answer) => answer === action);
}

/**
 * Shows a response above the widget until it is closed.
 *
 * @returns the action in the response that shows something in the widget, if there is one
 */
export async function showPopup({
  html = '',
  error,
}: {
  readonly html?: string;
  readonly error?: string;
}): Promise<Element | undefined> {
  const content = document.createElement('div');
  if (error !== undefined) {
    content.textContent = `Error: ${error}`;
    await open('Answer', content, ['Close']);
    return undefined;
  }
  const root = content.attachShadow({ mode: 'open' });
  root.append(sanitized(html));
  const hidden = new CSSStyleSheet();
  hidden.replaceSync('cwdb-action { display: none }');
  root.adoptedStyleSheets = [hidden];
  const action = root.querySelector('cwdb-action[action="call"][display="widget"]') ?? undefined;
  action?.previousElementSibling?.addEventListener('click', () => content.closest('dialog')?.close());
  await open('Answer', content, ['Close']);
  return action;
}

function open(label: string, content: HTMLElement, choices: readonly string[]): Promise<string> {
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-label', label);
  const form = document.createElement('form');
  form.method = 'dialog';
  form.append(
    ...choices.map((choice, index) => {
      const button = document.createElement('button');
      button.value = choice;
      button.textContent = choice;
      if (index > 0) button.className = 'primary';
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
