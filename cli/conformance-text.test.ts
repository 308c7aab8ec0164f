import { describe, expect, it } from 'vitest';
import { runConformance } from '../backends/conformance/conformance.ts';
import { backends } from '../backends/registry.ts';
import type { ResidualNetwork } from '../ml/nets/spec.ts';
import { printable } from '../paper-tables/printable.ts';
import { conformancePage } from './conformance-page.ts';
import { conformanceText } from './conformance-text.ts';

const hostile = '9.9 <script>alert("&")</script> \u001b[2J\u202e';
const net = 'ResNet-14 4/6/10 at 8x8, pytorch';

/** The reference under a name that means harm, with epsilon left out of its evaluations and errors that mean harm too. */
async function report() {
  const reference = await backends.reference();
  const { runGraph: _none, ...backend } = {
    ...reference,
    probe: async () => ({ ...(await reference.probe()), version: hostile }) as never,
    async open(...[program, options]: Parameters<typeof reference.open>) {
      const own = program.network as ResidualNetwork;
      const network = { ...own, batchNorm: { ...own.batchNorm, epsilon: 1e-5 } };
      const { buildProgram } = await import('../ml/program.ts');
      const session = await reference.open(buildProgram({ ...program, network }), options);
      session.batchStatistics = () => Promise.reject(new Error(`broken ${hostile}`));
      return session;
    },
  };
  const only = (name: string) =>
    /^known.*(epsilon|option A)/.test(name) || name === `batch statistics: ${net}`;
  return printable(await runConformance(backend, { only }));
}

const found = await report();

describe('a conformance report', () => {
  const text = conformanceText(found);

  it('fits a terminal and says what departs first on each rung', () => {
    expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80);
    expect(text).toMatch(/^known answers {2}departs {4}0\/2 +1\.\de\+6 ULP +8\.4 ULP/m);
    expect(text).toMatch(/known answers departs first in\n +known answer: epsilon is added/);
    expect(text.replace(/\s+/g, ' ')).toContain(
      'Wrong readings: added to the deviation instead it gives 35.9',
    );
    expect(text.replace(/\s+/g, ' ')).toContain('it could not be completed: Error: broken 9.9');
    expect(text).toContain('Begin with the lowest: known');
    expect(text.replace(/\s+/g, ' ')).toContain(
      'operators, gradients: not run, as the backend has no runGraph',
    );
  });

  it('holds nothing that steers a terminal', () => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });

  it('is a page in which nothing foreign is markup', () => {
    const page = conformancePage(found);
    expect(page).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;alert(&quot;&amp;&quot;)');
    expect(page).not.toMatch(/(src|href|url)\s*[=(]/); // one file by itself
    expect(page.match(/<details open>/g)).toHaveLength(2);
  });
});
