import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html, jsonContent } from './html.ts';

const HOSTILE = `<script>alert(1)</script>"'\`><img src=x onerror=alert(1)>&lt;`;

describe('html', () => {
  it('escapes text in elements and in attributes', () => {
    expect(String(html`<p title="${HOSTILE}">${HOSTILE}</p>`)).toBe(
      String(html`<p title="${HOSTILE}">${HOSTILE}</p>`).replaceAll(/<(?!\/?p\b)/g, '&lt;'),
    );
  });

  it('lets no text open a tag, close an attribute or make an entity', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...`<>"'\`&;ab`) }), (text) => {
        const inside = String(html`${text}`);
        expect(inside).not.toMatch(/[<>"'`]/);
        expect(inside.replaceAll(/&(amp|lt|gt|quot|#39|#96);/g, '')).not.toContain('&');
      }),
    );
  });

  it('takes markup as it is, and lists of it, and nothing for what is not there', () => {
    const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`);
    expect(String(html`<ul>${items}</ul>${undefined}${7}`)).toBe('<ul><li>a</li><li>&lt;b&gt;</li></ul>7');
  });

  it('does not take an object that calls itself markup', () => {
    const fake = { toString: () => HOSTILE } as unknown as ReturnType<typeof html>;
    expect(() => String(html`${fake}`)).toThrow();
  });
});

describe('jsonContent', () => {
  it('is the same JSON, without a character that HTML would see', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.constant(JSON.stringify({ subject: HOSTILE }))), (json) => {
        const value = JSON.parse(json);
        const text = String(jsonContent(value));
        expect(JSON.parse(text)).toEqual(value);
        expect(text).not.toMatch(/[<>&']/);
      }),
    );
  });
});
