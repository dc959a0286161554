/** The page's requests to the server of the simulated account. */

/** The server does not answer at all: it has ended, or is restarting. */
export class ServerGone extends Error {
  override readonly name = 'ServerGone';
}

export interface Answer {
  readonly html?: string;
  readonly error?: string;
}

/** The state of the dashboard: virtual time, and its widget. */
export interface Standing {
  readonly now: string;
  readonly title: string;
  readonly endpoint: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** @throws ServerGone; Error for requests that the server refuses */
async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (error) {
    // `fetch` throws TypeError for every network error.
    if (error instanceof TypeError) throw new ServerGone('The server does not answer.', { cause: error });
    throw error;
  }
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response;
}

export const post = (path: string, body: object): Promise<Response> =>
  ask(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

export const readStanding = async (): Promise<Standing> => (await ask('/standing')).json();
