/** A line of a drawing. */
export interface Line {
  readonly name: string;
  readonly points: ReadonlyArray<readonly [x: number, y: number]>;
}

interface Axes {
  readonly x: string;
  readonly y: string;
}

const WIDTH = 720;
const HEIGHT = 400;
const MARGIN = { left: 64, right: 210, top: 16, bottom: 48 };
/** Legible on a light and on a dark page. */
const COLOURS = ['#3b82f6', '#d97706', '#16a34a', '#db2777', '#8b5cf6', '#64748b'];
const INK = '#7d8590';

/** The powers of ten around some values. */
function decades(values: readonly number[]): number[] {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.max(from + 1, Math.ceil(Math.log10(Math.max(...values))));
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
}

/**
 * Draws growth as SVG with logarithmic axes, on which a figure that grows with the fleet rises by one step a step.
 * Values must be above 0.
 */
export function drawGrowth(lines: readonly Line[], axes: Axes): string {
  const points = lines.flatMap((line) => line.points);
  const xs = decades(points.map(([x]) => x));
  const ys = decades(points.map(([, y]) => y));
  const place = (value: number, ticks: readonly number[], from: number, to: number): number => {
    const [first = 1, last = 10] = [ticks[0], ticks.at(-1)];
    return Math.round(from + (Math.log10(value / first) / Math.log10(last / first)) * (to - from));
  };
  const x = (value: number): number => place(value, xs, MARGIN.left, WIDTH - MARGIN.right);
  const y = (value: number): number => place(value, ys, HEIGHT - MARGIN.bottom, MARGIN.top);
  const [left, right, bottom] = [MARGIN.left, WIDTH - MARGIN.right, HEIGHT - MARGIN.bottom];
  const text = (at: readonly [number, number], words: string, rest = ''): string =>
    `<text x="${at[0]}" y="${at[1]}" ${rest}>${words}</text>`;
  const grid = [
    ...xs.map((tick) => `<path d="M${x(tick)} ${MARGIN.top}V${bottom}"/>`),
    ...ys.map((tick) => `<path d="M${left} ${y(tick)}H${right}"/>`),
  ];
  const labels = [
    ...xs.map((tick) => text([x(tick), bottom + 18], tick.toLocaleString('en'), 'text-anchor="middle"')),
    ...ys.map((tick) => text([left - 8, y(tick) + 4], tick.toLocaleString('en'), 'text-anchor="end"')),
    text([(left + right) / 2, HEIGHT - 8], axes.x, 'text-anchor="middle"'),
    text(
      [14, (MARGIN.top + bottom) / 2],
      axes.y,
      `text-anchor="middle" transform="rotate(-90 14 ${(MARGIN.top + bottom) / 2})"`,
    ),
  ];
  const drawn = lines.map(({ name, points: own }, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const path = own.map(([px, py]) => `${x(px)} ${y(py)}`).join('L');
    const dots = own.map(([px, py]) => `<circle cx="${x(px)}" cy="${y(py)}" r="3.5" fill="${colour}"/>`).join('');
    const row = MARGIN.top + 12 + index * 22;
    return [
      `<path d="M${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}`,
      `<circle cx="${right + 20}" cy="${row - 4}" r="4.5" fill="${colour}"/>${text([right + 32, row], name)}`,
    ].join('\n');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" font-family="system-ui, sans-serif" font-size="13">`,
    `<title>${axes.y} over ${axes.x}</title>`,
    `<g stroke="${INK}" stroke-opacity="0.3">${grid.join('')}</g>`,
    `<g fill="${INK}">`,
    ...labels,
    ...drawn,
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}
