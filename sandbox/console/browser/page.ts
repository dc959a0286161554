import { confirmed, showPopup } from './dialogs.ts';
import { sanitized } from './sanitize.ts';

/** The browser's half of the local page: what the CloudWatch console does around a custom widget. */

interface Answer {
  readonly html?: string;
  readonly error?: string;
}

interface SubjectStatus {
  readonly now: string;
  readonly title: string;
  readonly endpoint: string;
  readonly params: object;
}

const byId = <Element extends HTMLElement>(id: string, kind: new () => Element): Element => {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${id}.`);
  return found;
};

const frame = byId('widget', HTMLDivElement);
const heading = byId('title', HTMLHeadingElement);
const status = byId('status', HTMLParagraphElement);
const clock = byId('clock', HTMLElement);
const theme = byId('theme', HTMLSelectElement);
const range = byId('range', HTMLSelectElement);
const root = frame.attachShadow({ mode: 'open' });

async function post(path: string, body: object): Promise<Response> {
  const response = await fetch(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

/** What is typed into the forms of the widget, by the names of the fields. */
function typedFields(): Record<string, string> {
  const fields = root.querySelectorAll<HTMLInputElement | HTMLSelectElement>('form [name]');
  return Object.fromEntries([...fields].map(({ name, value }) => [name, value]));
}

async function call(endpoint: string, params: object): Promise<Answer> {
  const context = { theme: theme.value, range: range.value, width: frame.clientWidth, forms: typedFields() };
  return (await post('/call', { endpoint, params, context })).json();
}

/** Shows what a function answered in place of the widget, or the error as the console would. */
function show({ html = '', error }: Answer): void {
  root.replaceChildren();
  if (error === undefined) root.append(sanitized(html));
  else root.append(`Error: ${error}`);
  // Not for the eye: the console never shows what an action carries.
  const hidden = new CSSStyleSheet();
  hidden.replaceSync('cwdb-action { display: none }');
  root.adoptedStyleSheets = [hidden];
  for (const action of root.querySelectorAll('cwdb-action')) bind(action);
  for (const form of root.querySelectorAll('form')) form.addEventListener('submit', (event) => event.preventDefault());
}

/** An action belongs to the element right before it. */
function bind(action: Element): void {
  const element = action.previousElementSibling;
  if (action.getAttribute('action') !== 'call') return;
  element?.addEventListener('click', () => {
    void act(action).catch((error: unknown) => told(String(error)));
  });
}

async function act(action: Element): Promise<void> {
  const question = action.getAttribute('confirmation');
  if (question !== null && !(await confirmed(question))) return;
  const endpoint = action.getAttribute('endpoint') ?? '';
  const carried: object = JSON.parse(action.textContent?.trim() || '{}');
  told('Asking ...');
  const { params } = await standing();
  const answer = await call(endpoint, { ...params, ...carried });
  if (action.getAttribute('display') === 'popup') await showPopup(answer);
  else {
    show(answer);
    // What had the focus is gone: go on from the top of the widget.
    heading.focus();
  }
  await standing();
  told('Ready.');
}

const told = (text: string): void => {
  status.textContent = text;
};

async function standing(): Promise<SubjectStatus> {
  const now: SubjectStatus = await (await fetch('/standing')).json();
  clock.textContent = now.now;
  heading.textContent = now.title;
  return now;
}

async function refresh(): Promise<void> {
  told('Asking ...');
  document.documentElement.dataset.theme = theme.value;
  const { endpoint, params } = await standing();
  show(await call(endpoint, params));
  told('Ready.');
}

for (const choice of [theme, range]) choice.addEventListener('change', () => void refresh());
byId('refresh', HTMLButtonElement).addEventListener('click', () => void refresh());
for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-pass]')) {
  button.addEventListener('click', async () => {
    told('Time passes ...');
    await post('/pass', { minutes: Number(button.dataset.pass) });
    await refresh();
  });
}
if (window.matchMedia('(prefers-color-scheme: dark)').matches) theme.value = 'dark';
await refresh();
