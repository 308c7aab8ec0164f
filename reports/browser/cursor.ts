/// <reference lib="dom" />
/** A line of a chart: where its points are drawn, and what they say. */
interface Line {
  label: string;
  marks: readonly SVGElement[];
  points: readonly { left: number; at: number; value: string }[];
}

/**
 * What is read off a chart: a cursor that follows the pointer and the arrow keys, and with several lines a button that hides
 * each. The values are those of the records, not of the picture.
 */
export function readCharts(): void {
  for (const svg of document.querySelectorAll<SVGSVGElement>('svg.chart')) readChart(svg);
}

function readChart(svg: SVGSVGElement): void {
  const { axis = '', unit = '' } = svg.dataset;
  const lines = [...svg.querySelectorAll<SVGPolylineElement>('polyline')].map(lineOf);
  const hidden = new Set<Line>();
  const shown = () => lines.filter(line => !hidden.has(line));
  /** Where the cursor can stand: at the points of the lines that are shown. */
  const places = () => {
    const lefts = shown().flatMap(({ points }) => points.map(({ left }) => left));
    return [...new Set(lefts)].sort((one, other) => one - other);
  };
  const cursor = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  const { height } = svg.viewBox.baseVal;
  for (const [name, value] of Object.entries({
    class: 'cursor',
    y1: 0,
    y2: height - 36,
    visibility: 'hidden',
  }))
    cursor.setAttribute(name, String(value));
  svg.append(cursor);
  const readout = document.createElement('output');
  readout.className = 'readout';
  svg.after(readout);
  let place: number | null = null;

  const show = (next: number | null) => {
    const left = next === null ? undefined : places()[next];
    place = left === undefined ? null : next;
    cursor.setAttribute('visibility', left === undefined ? 'hidden' : 'visible');
    for (const end of ['x1', 'x2']) cursor.setAttribute(end, String(left ?? 0));
    readout.textContent = left === undefined ? '' : textAt(left);
  };
  const textAt = (left: number) => {
    const found = shown().flatMap(({ label, points }) => {
      const point = points.findLast(each => each.left <= left);
      return point ? [{ ...point, label }] : [];
    });
    const last = Math.max(...found.map(({ at }) => at));
    const values = found.map(
      ({ label, value, at }) => `${label} ${value}${unit}${at < last ? ` (at ${at})` : ''}`,
    );
    return `${axis} ${last}: ${values.join(', ')}`;
  };

  svg.setAttribute('tabindex', '0');
  svg.addEventListener('pointermove', ({ clientX }) => {
    const { left, width } = svg.getBoundingClientRect();
    const at = ((clientX - left) / width) * svg.viewBox.baseVal.width;
    const away = places().map(each => Math.abs(each - at));
    show(away.indexOf(Math.min(...away)));
  });
  svg.addEventListener('pointerleave', () => show(null));
  svg.addEventListener('keydown', event => {
    const to = targetOf(event.key, place, places().length);
    if (to === undefined) return;
    event.preventDefault();
    show(to);
  });
  if (lines.length > 1) readout.after(...lines.map(line => toggleOf(line, hidden, () => show(null))));
}

/** Where a key moves the cursor; undefined where it does nothing. */
function targetOf(key: string, place: number | null, count: number): number | null | undefined {
  switch (key) {
    case 'ArrowRight':
      return Math.min(count - 1, (place ?? -1) + 1);
    case 'ArrowLeft':
      return Math.max(0, (place ?? count) - 1);
    case 'Home':
      return 0;
    case 'End':
      return count - 1;
    case 'Escape':
      return null;
    default:
      return undefined;
  }
}

function lineOf(polyline: SVGPolylineElement): Line {
  const { label = '', values = '' } = polyline.dataset;
  const lefts = [...polyline.points].map(({ x }) => x);
  const points = values.split(' ').map((pair, i) => {
    const [at, value] = pair.split(',') as [string, string];
    return { left: lefts[i]!, at: Number(at), value };
  });
  return { label, marks: [polyline, polyline.nextElementSibling as SVGElement], points };
}

function toggleOf(line: Line, hidden: Set<Line>, changed: () => void): HTMLButtonElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = line.label;
  button.setAttribute('aria-pressed', 'true');
  button.addEventListener('click', () => {
    const shown = hidden.delete(line);
    if (!shown) hidden.add(line);
    button.setAttribute('aria-pressed', String(shown));
    for (const mark of line.marks) mark.setAttribute('visibility', shown ? 'visible' : 'hidden');
    changed();
  });
  return button;
}
