/** Elements that never get into the page, whatever a function returns. CloudWatch documents script, iframe and use. */
const FORBIDDEN =
  'script, iframe, frame, object, embed, applet, base, link, meta, template, use, foreignObject, animate, set, animateMotion, animateTransform';
const LINKS = ['href', 'xlink:href', 'src', 'action', 'formaction', 'poster', 'background'];

/**
 * Removes from markup what could run or load something, like CloudWatch does with the responses of custom widgets. The
 * page's content security policy would block it anyway.
 */
export function sanitized(markup: string): DocumentFragment {
  const { body, head } = new DOMParser().parseFromString(markup, 'text/html');
  const fragment = document.createDocumentFragment();
  // A parser puts leading styles into the head.
  fragment.append(...head.childNodes, ...body.childNodes);
  for (const element of fragment.querySelectorAll(FORBIDDEN)) element.remove();
  for (const element of fragment.querySelectorAll('*')) {
    for (const { name, value } of [...element.attributes]) {
      const runs = name.startsWith('on') || name === 'srcdoc';
      // The attribute `action` of an action is not an address.
      const isLink = LINKS.includes(name) && element.localName !== 'cwdb-action';
      const leads = isLink && !/^(https?:\/\/|#|\/(?!\/))/i.test(value.trim());
      if (runs || leads) element.removeAttribute(name);
    }
  }
  return fragment;
}
