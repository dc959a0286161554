/** Elements that never get into the page, whatever a function answers. CloudWatch documents script, iframe and use. */
const FORBIDDEN =
  'script, iframe, frame, object, embed, applet, base, link, meta, template, use, foreignObject, animate, set, animateMotion, animateTransform';
const LINKS = ['href', 'xlink:href', 'src', 'action', 'formaction', 'poster', 'background'];

/**
 * Takes out of markup what could run or load something, as CloudWatch does with what a custom widget answers. The page's
 * content security policy would keep it from running anyway.
 */
export function sanitized(markup: string): DocumentFragment {
  const { body, head } = new DOMParser().parseFromString(markup, 'text/html');
  const fragment = document.createDocumentFragment();
  // A parser puts styles that come first into the head.
  fragment.append(...head.childNodes, ...body.childNodes);
  for (const element of fragment.querySelectorAll(FORBIDDEN)) element.remove();
  for (const element of fragment.querySelectorAll('*')) {
    for (const { name, value } of [...element.attributes]) {
      const runs = name.startsWith('on') || name === 'srcdoc';
      // The attribute `action` of an action is no address.
      const isLink = LINKS.includes(name) && element.localName !== 'cwdb-action';
      const leads = isLink && !/^(https?:\/\/|#|\/(?!\/))/i.test(value.trim());
      if (runs || leads) element.removeAttribute(name);
    }
  }
  return fragment;
}
