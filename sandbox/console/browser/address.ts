/** What the widget shows: what a button carried, and what stood in the forms when it was pressed. */
export interface View {
  readonly params: Readonly<Record<string, unknown>>;
  readonly forms: Readonly<Record<string, string>>;
}

export const FIRST_VIEW: View = { params: {}, forms: {} };

const PLACES = ['cluster', 'nodegroup', 'instance'] as const;

/**
 * The fragment of the page's address for what is shown: `#shop/web/i-0abc` for the incident of a subject. What is not about
 * a subject has none: the browser's history keeps it.
 */
export function fragmentOf({ params }: View): string {
  const { subject } = params;
  if (typeof subject !== 'object' || subject === null) return '';
  const names = PLACES.map((place) => (place in subject ? String(Reflect.get(subject, place)) : ''));
  return `#${names.map(encodeURIComponent).join('/').replace(/\/+$/, '')}`;
}

/** What a link to a subject asks for; the first view for any other fragment. */
export function viewAt(fragment: string): View {
  const names = fragment.replace(/^#/, '').split('/').map(decoded);
  const subject = Object.fromEntries(
    PLACES.map((place, index) => [place, names[index] ?? '']).filter(([, name]) => name !== ''),
  );
  return Object.keys(subject).length === 0 ? FIRST_VIEW : { params: { subject }, forms: {} };
}

/** A fragment may be written by hand. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
