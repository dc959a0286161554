/** A view of the widget: the parameters of the pressed button, and the content of the forms at that time. */
export interface View {
  readonly params: Readonly<Record<string, unknown>>;
  readonly forms: Readonly<Record<string, string>>;
}

export const FIRST_VIEW: View = { params: {}, forms: {} };

const PLACES = ['cluster', 'nodegroup', 'instance'] as const;

/**
 * The fragment of the page's address for a view: `#shop/web/i-0abc` for the incident of a subject. Other views have
 * none; the browser's history keeps them.
 */
export function fragmentOf({ params }: View): string {
  const { subject } = params;
  if (typeof subject !== 'object' || subject === null) return '';
  const names = PLACES.map((place) => (place in subject ? String(Reflect.get(subject, place)) : ''));
  return `#${names.map(encodeURIComponent).join('/').replace(/\/+$/, '')}`;
}

/** The view that a link to a subject requests; the first view for any other fragment. */
export function viewAt(fragment: string): View {
  const names = fragment.replace(/^#/, '').split('/').map(decoded);
  const subject = Object.fromEntries(
    PLACES.map((place, index) => [place, names[index] ?? '']).filter(([, name]) => name !== ''),
  );
  return Object.keys(subject).length === 0 ? FIRST_VIEW : { params: { subject }, forms: {} };
}

/** Decodes a part of a fragment, which may be written by hand. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
