import { FIRST_VIEW, fragmentOf, type View, viewAt } from './address.ts';
import { confirmed, showPopup } from './dialogs.ts';
import { sanitized } from './sanitize.ts';
import { type Answer, post, readStanding, ServerGone, type Standing } from './server.ts';

/** The browser's part of the local page: what the CloudWatch console does around a custom widget. */

/** Pause before a missing server is tried again, ms. */
const TRY_AGAIN = 2_000;
/** How often the server is checked, ms. */
const HEARTBEAT = 4_000;
/** How often, and with what pauses in ms, the widget is reloaded until the result of a request appears. */
const [MOST_RELOADS, RELOAD_PAUSE] = [10, 1_000];

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

/** The current view, which the browser's history has as well. */
let view: View = viewAt(location.hash);
/** Counts requests. A late response to an older request is ignored. */
let turn = 0;
/** Whether the server did not answer the last request. */
let isGone = false;

const fields = () => root.querySelectorAll<HTMLInputElement | HTMLSelectElement>('form [name]');
/** The input in the widget's forms, by field name. */
const typedFields = (): Record<string, string> =>
  Object.fromEntries([...fields()].map(({ name, value }) => [name, value]));

const told = (text: string): void => {
  status.textContent = text;
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function standing(): Promise<Standing> {
  const now = await readStanding();
  clock.textContent = now.now;
  heading.textContent = now.title;
  return now;
}

/** Invokes a function like CloudWatch does, with the parameters of the widget and those of the button. */
async function call(endpoint: string, { params, forms }: View, own: Standing['params']): Promise<Answer> {
  const context = { theme: theme.value, range: range.value, width: frame.clientWidth, forms };
  return (await post('/call', { endpoint, params: { ...own, ...params }, context })).json();
}

/** Shows a function's response in place of the widget, or the error like the console. */
function show({ html = '', error }: Answer): void {
  root.replaceChildren();
  if (error === undefined) root.append(sanitized(html));
  else root.append(`Error: ${error}`);
  // The console never shows the content of an action.
  const hidden = new CSSStyleSheet();
  hidden.replaceSync('cwdb-action { display: none }');
  root.adoptedStyleSheets = [hidden];
  for (const action of root.querySelectorAll('cwdb-action')) bind(action);
}

/**
 * Runs work on the server. Showing the widget is retried until the server is back. Changes are not retried, because
 * they may have been carried out.
 */
async function run(work: () => Promise<void>): Promise<void> {
  const mine = ++turn;
  told('Asking ...');
  try {
    await work();
    isGone = false;
    if (mine === turn) told('Ready.');
  } catch (error) {
    if (mine !== turn) return;
    if (!(error instanceof ServerGone)) return told(String(error));
    await untilBack();
  }
}

/** Waits for a missing server, with a notice, then renders the view again. */
async function untilBack(): Promise<void> {
  const mine = ++turn;
  isGone = true;
  for (;;) {
    told(
      `The server does not answer. Is npm start still running? It is tried again every ${TRY_AGAIN / 1_000} seconds.`,
    );
    await pause(TRY_AGAIN);
    // The user has pressed something meanwhile.
    if (mine !== turn) return;
    try {
      await standing();
      break;
    } catch (error) {
      if (!(error instanceof ServerGone)) throw error;
    }
  }
  await run(reshow);
}

/** Renders the current view again. */
async function showView(): Promise<void> {
  document.documentElement.dataset.theme = theme.value;
  const mine = turn;
  const { endpoint, params } = await standing();
  const answer = await call(endpoint, view, params);
  if (mine === turn) show(answer);
}

/** Renders the view again, and keeps what is typed. */
async function reshow(): Promise<void> {
  const typed = typedFields();
  await showView();
  for (const field of fields()) field.value = typed[field.name] ?? field.value;
}

/** Shows another view, as a step in the browser's history unless it has the same subject. */
async function go(next: View, endpoint?: string): Promise<void> {
  const mine = turn;
  const { params, ...widget } = await standing();
  const answer = await call(endpoint ?? widget.endpoint, next, params);
  if (mine !== turn) return;
  view = remembered(next);
  const fragment = fragmentOf(view);
  const isStep = fragment === '' || fragment !== location.hash;
  history[isStep ? 'pushState' : 'replaceState'](view, '', `${location.pathname}${fragment}`);
  show(answer);
  // The focused element is gone, so the focus moves to the top of the widget.
  heading.focus();
}

/** A view as the history keeps it, without the request that it awaited. */
function remembered({ params, forms }: View): View {
  const { awaits: _, ...kept } = params;
  return { params: kept, forms };
}

/** An action belongs to the element right before it. */
function bind(action: Element): void {
  const element = action.previousElementSibling;
  if (action.getAttribute('action') !== 'call') return;
  element?.addEventListener('click', () => void act(action, element.textContent?.trim() ?? ''));
}

const carriedBy = (action: Element): View['params'] => JSON.parse(action.textContent?.trim() || '{}');

async function act(action: Element, label: string): Promise<void> {
  const question = action.getAttribute('confirmation');
  if (question !== null && !(await confirmed(question, label))) return;
  const endpoint = action.getAttribute('endpoint') ?? '';
  const next: View = { params: carriedBy(action), forms: typedFields() };
  if (action.getAttribute('display') !== 'popup') return run(() => go(next, endpoint));
  let followed: Element | undefined;
  await run(async () => {
    const { params } = await standing();
    followed = await showPopup(await call(endpoint, next, params));
    await standing();
  });
  if (followed !== undefined) await follow(followed);
}

/** Shows the result of an action: the widget is reloaded until it no longer says that the result is pending. */
async function follow(action: Element): Promise<void> {
  const next: View = { params: carriedBy(action), forms: {} };
  for (let reload = 0; reload < MOST_RELOADS; reload++) {
    await run(() => go(next, action.getAttribute('endpoint') ?? undefined));
    if (root.querySelector('[data-awaited]') === null) return;
    const mine = turn;
    await pause(RELOAD_PAUSE);
    if (mine !== turn) return;
  }
}

/** Another time range, or a refresh, starts again at the first page, like on a dashboard. */
const beginAgain = (): Promise<void> => run(() => go(FIRST_VIEW));

theme.addEventListener('change', () => void run(reshow));
range.addEventListener('change', () => void beginAgain());
byId('refresh', HTMLButtonElement).addEventListener('click', () => void beginAgain());
for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-pass]')) {
  button.addEventListener('click', () => {
    void run(async () => {
      told('Time passes ...');
      await post('/pass', { minutes: Number(button.dataset.pass) });
      await reshow();
    });
  });
}
window.addEventListener('popstate', ({ state }: PopStateEvent & { state: View | null }) => {
  view = state ?? viewAt(location.hash);
  void run(showView);
});
setInterval(() => {
  if (isGone) return;
  standing().catch((error: unknown) => {
    if (error instanceof ServerGone && !isGone) void untilBack();
  });
}, HEARTBEAT);

if (window.matchMedia('(prefers-color-scheme: dark)').matches) theme.value = 'dark';
await run(showView);
