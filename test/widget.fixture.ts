import { ACTION_FIELDS, type Offer } from '../functions/shared/intake/operator-action.ts';
import type { EmbeddedAccount } from '../sandbox/embedded-account.ts';

/** The input in the form of the actions. */
const FORM = { [ACTION_FIELDS.who]: 'Ada', [ACTION_FIELDS.why]: 'looked into it' };

/** The event with which CloudWatch invokes the function of the actions, once one was chosen. */
export const chosen = (offer: Offer, form: Readonly<Record<string, string>> = {}): object => ({
  ...offer,
  widgetContext: { forms: { all: { ...FORM, ...form } } },
});

/** A request to retry the upgrade of a node group. */
export const retryOf = (nodegroup: string): object =>
  chosen({ action: 'retry', remediation: 'upgrade-node-groups', subject: { cluster: 'shop', nodegroup } });

/** The markup that the widget shows, for the values of a button and the state of the dashboard. */
export async function shown(account: EmbeddedAccount, carried: object = {}, context: object = {}): Promise<string> {
  const outcome = await account.invoke('review-actions', { ...carried, widgetContext: { width: 1_200, ...context } });
  if (!outcome.ok) throw new Error(`The widget failed: ${JSON.stringify(outcome)}`);
  return String(outcome.result);
}

/** The values that the buttons in some markup carry, by label. */
export function buttonsIn(markup: string): Array<{ label: string; endpoint: string; carried: object }> {
  const pattern =
    /<button[^>]*>([^<]*)<\/button><cwdb-action action="call" display="\w+" endpoint="([^"]*)"[^>]*>([^<]*)<\/cwdb-action>/g;
  return [...markup.matchAll(pattern)].map(([, label = '', endpoint = '', json = '']) => ({
    label,
    endpoint,
    carried: JSON.parse(json),
  }));
}

/** The values that the button with this label carries. */
export function carriedBy(markup: string, label: string): object {
  const found = buttonsIn(markup).find((button) => button.label === label);
  if (found === undefined) throw new Error(`no button ${label}`);
  return found.carried;
}
