import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromium } from './chromium.fixture.ts';
import { TestSite } from './site.fixture.ts';

const root = join(import.meta.dirname, '..');
const axe = join(root, 'node_modules/.cache/axe/node_modules/axe-core/axe.min.js');
if (!existsSync(axe))
  console.warn(
    'skipped: accessibility of the site. To enable it: npm install --prefix node_modules/.cache/axe --no-save axe-core@4.14.1',
  );

/** Pages of each kind; of a run's one is enough. */
const made = new TestSite();
const pages = made.pages().filter(name => !name.startsWith('runs/'));
const aRun = `runs/${made.aRun().short}.html`;
afterAll(() => made.remove());

/** What a page asked for and said besides what a reader sees. */
interface Watched {
  page: Page;
  requests: string[];
  said: string[];
}

describe.skipIf(!chromium)('the site in Chromium', { timeout: 300_000 }, () => {
  let browser: Browser;
  beforeAll(async () => {
    const executablePath = ['/usr/bin/', '/usr/local/bin/', '/opt/google/chrome/']
      .map(folder => folder + chromium)
      .find(existsSync);
    browser = await playwright.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] });
  }, 60_000);
  afterAll(() => browser?.close());

  /** `slowdown`: of the processor, so that a page is painted before all of it is read. */
  async function opened<T>(
    address: string,
    use: (watched: Watched) => Promise<T>,
    { slowdown = 1, ...options }: Parameters<Browser['newPage']>[0] & { slowdown?: number } = {},
  ): Promise<T> {
    const page = await browser.newPage(options);
    page.setDefaultTimeout(120_000); // where other tests keep all cores busy
    const watched: Watched = { page, requests: [], said: [] };
    page.on('request', request => watched.requests.push(request.url()));
    page.on('console', message => watched.said.push(message.text()));
    page.on('pageerror', error => watched.said.push(String(error)));
    if (slowdown > 1) {
      const session = await page.context().newCDPSession(page);
      await session.send('Emulation.setCPUThrottlingRate', { rate: slowdown });
    }
    try {
      await page.goto(address);
      return await use(watched);
    } finally {
      await page.close();
    }
  }
  const onDisk = (name: string) => {
    const [file, hash = ''] = name.split('#') as [string, string?];
    return `${pathToFileURL(join(made.site, file))}${hash && `#${hash}`}`;
  };

  /** How far a page moves what a reader sees while it is read: the sum of layout shifts. */
  function shiftOf(page: Page): Promise<number> {
    return page.evaluate(
      () =>
        new Promise<number>(resolve => {
          let sum = 0;
          new PerformanceObserver(list => {
            for (const each of list.getEntries()) sum += (each as unknown as { value: number }).value;
          }).observe({ type: 'layout-shift', buffered: true });
          setTimeout(() => resolve(sum), 100);
        }),
    );
  }

  it('opens every page from a disk, asks nobody for anything, says nothing on the console, moves nothing', async () => {
    for (const name of [...pages, aRun]) {
      await opened(onDisk(name), async ({ page, requests, said }) => {
        expect(
          requests.filter(url => !url.startsWith(onDisk(''))),
          name,
        ).toEqual([]);
        expect(said, name).toEqual([]);
        expect(await shiftOf(page), name).toBeLessThan(0.02);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        expect(wide, name).toBeLessThanOrEqual(0);
      });
    }
  });

  it('moves nothing on a slow machine either, which paints a long page before all of it is read', async () => {
    for (const name of ['runs.html', 'claims.html', 'mini/table6.html', 'mini/table11.html'])
      await opened(onDisk(name), async ({ page }) => expect(await shiftOf(page), name).toBeLessThan(0.02), {
        slowdown: 6,
      });
  });

  it('blocks what somebody plants', async () => {
    const copy = made.tampered(at =>
      made.edit(at, 'mini/table6.html', '<main', '<img src="http://192.0.2.1/pixel.png" alt=""><main'),
    );
    await opened(String(pathToFileURL(join(copy, 'mini/table6.html'))), async ({ said }) => {
      expect(said.join('\n')).toMatch(/violates the following Content Security Policy directive/);
    });
  });

  it('works under a path of a server', async () => {
    const server = await served(made.site, '/some/sub/path/');
    try {
      const { port } = server.address() as AddressInfo;
      const address = `http://127.0.0.1:${port}/some/sub/path`;
      for (const name of ['index.html', 'mini/table6.html#check', aRun, 'claims.html']) {
        await opened(`${address}/${name}`, async ({ page, requests, said }) => {
          expect(
            requests.filter(url => !url.startsWith(address)),
            name,
          ).toEqual([]);
          if (name.endsWith('#check')) await page.waitForSelector('output[data-state="good"]');
          expect(
            said.filter(text => !text.includes('favicon')),
            name,
          ).toEqual([]);
        });
      }
    } finally {
      server.close();
    }
  });

  it('reads values off a curve, with the pointer and with the keys, and hides a line', async () => {
    await opened(onDisk(aRun), async ({ page }) => {
      const chart = page.locator('svg.chart').first();
      const readout = page.locator('output.readout').first();
      await chart.focus();
      await page.keyboard.press('End');
      const record = JSON.parse(made.read(`records/${made.aRun().key}/record.json`));
      const { train, test } = record.result.curves as Record<string, { at: number; error: number }[]>;
      const last = (points: { error: number }[]) => points.at(-1)!.error.toFixed(2);
      const all = `iterations 800: training error ${last(train!)}%, test error ${last(test!)}%`;
      expect(await readout.textContent()).toBe(all);
      await page.keyboard.press('Home');
      expect(await readout.textContent()).toBe(
        `iterations ${train![0]!.at}: training error ${train![0]!.error.toFixed(2)}%`,
      );
      await page.getByRole('button', { name: 'training error', exact: true }).click();
      expect(await chart.locator('polyline').first().isVisible()).toBe(false);
      await chart.focus();
      await page.keyboard.press('End');
      expect(await readout.textContent()).toBe(`iterations 800: test error ${last(test!)}%`);
      await page.keyboard.press('Escape');
      expect(await readout.textContent()).toBe('');
      await chart.hover({ position: { x: 60, y: 60 } });
      expect(await readout.textContent()).toMatch(/^iterations \d+: test error \d+\.\d\d%$/);
    });
  });

  it.skipIf(!existsSync(axe))(
    'has nothing that axe finds, in light and dark, wide and narrow, evidence shut and open',
    async () => {
      const script = readFileSync(axe, 'utf8');
      const open = 'mini/table6.html#resnet-20-error';
      // Of pages that are laid out alike, one is enough in the dark.
      const others = pages.filter(name => !/^mini\/(table|figure)(?!6)/.test(name));
      for (const [colorScheme, width, names] of [
        ['light', 1280, [...pages, aRun, open]],
        ['dark', 390, [...others, aRun, open]],
      ] as const) {
        for (const name of names) {
          await opened(
            onDisk(name),
            async ({ page }) => {
              await page.evaluate(script);
              const found = await page.evaluate(async () => {
                const { axe } = globalThis as unknown as {
                  axe: {
                    run(): Promise<{
                      violations: { id: string; nodes: { target: unknown; failureSummary: string }[] }[];
                    }>;
                  };
                };
                const { violations } = await axe.run();
                return violations.flatMap(({ id, nodes }) =>
                  nodes
                    .slice(0, 3)
                    .map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary}`),
                );
              });
              expect(found, `${name}, ${colorScheme}, ${width}`).toEqual([]);
            },
            { colorScheme, viewport: { width, height: 800 }, bypassCSP: true },
          );
        }
      }
    },
  );
});

function served(folder: string, path: string): Promise<Server> {
  const server = createServer((request, response) => {
    const name = decodeURIComponent(request.url!.split(/[?#]/)[0]!).slice(path.length);
    const file = join(folder, name);
    const types: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' };
    if (!request.url!.startsWith(path) || !existsSync(file)) return response.writeHead(404).end();
    return response
      .writeHead(200, { 'content-type': types[name.split('.').at(-1)!] ?? '' })
      .end(readFileSync(file));
  });
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)));
}
