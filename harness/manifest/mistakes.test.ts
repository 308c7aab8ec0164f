import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { loadTargets, validateExperiment } from './load.ts';
import { root } from './source.ts';

/** An edit of a manifest file (`from` becomes `to`) and the message about the line that begins with or holds `at`. */
interface Mistake {
  what: string;
  file: string;
  from: string;
  to: string;
  /** Text on the line that must be named; `to` when absent. */
  at?: string;
  says: RegExp;
}

const imagenet = 'protocols/imagenet.yaml';
const cifar = 'protocols/cifar10.yaml';
const resnet44 = 'ResNet-44: { seeds: 1, set: { network.n: ';
const plain44 = 'plain-44: { seeds: 1, set: { network.family: plain, network.shortcut: ';

// biome-ignore format: a table, one mistake a line
const mistakes: Mistake[] = [
  { what: 'malformed YAML', file: 'table6.yaml', from: 'cifar10', to: 'cifar10: x', says: /not valid YAML: Nested mappings/ },
  { what: 'a key given twice', file: 'table6.yaml', from: 'page: 7', to: 'page: 7\nkind: table', at: 'kind: table\nprotocol', says: /Map keys must be unique/ },
  { what: 'a wrong type', file: 'table6.yaml', from: 'page: 7', to: 'page: seven', says: /page: expected integer, received "seven"/ },
  { what: 'an unknown key', file: 'table6.yaml', from: 'NIN }', to: 'NIN, netwrok: x }', says: /rows\[1\]\.netwrok: unknown key "netwrok"\. Did you mean network/ },
  { what: 'a missing key', file: 'figure7.yaml', from: '{ label: std, domain', to: '{ domain', says: /panels\[0\]\.y: missing key "label"/ },
  { what: 'an unknown kind', file: 'figure1.yaml', from: 'kind: figure', to: 'kind: figrue', says: /kind: expected "table", "figure" or "architecture", received "figrue"\. Did you mean figure/ },
  { what: 'an unknown network that is drawn', file: 'figure3.yaml', from: 'network: plain-34', to: 'network: plain-43', says: /networks\[1\]\.network: no network "plain-43" in the protocol\. Did you mean plain-34/ },
  { what: 'an unknown block', file: 'figure5.yaml', from: 'ResNet-50, block: conv2_2', to: 'ResNet-50, block: conv2_4', says: /networks\[1\]\.block: no block "conv2_4"\. Did you mean conv2_1/ },
  { what: 'a drawing of blocks without one', file: 'figure5.yaml', from: 'ResNet-50, block: conv2_2', to: 'ResNet-50', at: 'label: bottleneck', says: /networks\[1\]: expected `block`, e\.g\. conv2_2/ },
  { what: 'a cost that the paper does not print', file: 'figure3.yaml', from: '[costs, VGG-19, FLOPs]', to: '[costs, VGG-91, FLOPs]', says: /paper\.json has no number at tables\.costs\.rows\["VGG-91"\]\.FLOPs/ },
  { what: 'a VGG that is not there', file: 'figure3.yaml', from: 'vgg: 19', to: 'vgg: 18', says: /networks\[0\]\.vgg: expected 16 or 19, received 18/ },
  { what: 'a column that Table 1 does not print', file: 'table1.yaml', from: 'label: 18-layer', to: 'label: 81-layer', says: /tables\.table1 has no column "81-layer"\. Did you mean 18-layer/ },
  { what: 'an unknown network', file: 'table6.yaml', from: 'network: ResNet-20', to: 'network: ResNet-21', says: /rows\[6\]\.network: no network "ResNet-21" in the protocol\. Did you mean ResNet-20/ },
  { what: 'a missing published row', file: 'table6.yaml', from: 'Maxout', to: 'Maxuot', says: /paper\.json has no tables\.table6\.rows\["Maxuot"\].*Did you mean Maxout/ },
  { what: 'a missing published cell', file: 'table6.yaml', from: 'key: error', to: 'key: errors', at: 'label: Maxout', says: /paper\.json has no tables\.table6\.rows\["Maxout"\]\.errors.*Did you mean error/ },
  { what: 'a missing published table', file: 'table6.yaml', from: 'published: table6', to: 'published: table60', says: /paper\.json has no tables\.table60.*Did you mean table/ },
  { what: 'a missing published curve', file: 'figure6.yaml', from: '(right panel)', to: '(left panel)', says: /curves\.json has no figures\.figure6\["ResNet-110 \(left panel\)"\]/ },
  { what: 'a missing kind of line', file: 'figure7.yaml', from: 'shows: [original]', to: 'shows: [train]', at: 'label: plain-20', says: /figures\.figure7\["plain-20"\]\.train/ },
  { what: 'an unknown protocol', file: 'table6.yaml', from: 'protocol: cifar10', to: 'protocol: cifar100', says: /no protocol "cifar100"\. Did you mean cifar10/ },
  { what: 'an unknown claim', file: 'table6.yaml', from: 'C27-56,', to: 'C27-65,', says: /no claim "C27-65" in .*cifar10\.yaml\. Did you mean C27-56/ },
  { what: 'a claim about what is not shown', file: 'figure1.yaml', from: 'C01-test', to: 'C33', says: /claim "C33" needs ResNet-1202, which is not shown here/ },
  { what: 'an impossible net', file: cifar, from: `${resnet44}7`, to: `${resnet44}0`, says: /networks\.ResNet-44\.set\["network\.n"\]: expected integer, at least 1, received 0/ },
  { what: 'a fractional net', file: cifar, from: `${resnet44}7`, to: `${resnet44}6.5`, says: /expected integer, received 6\.5/ },
  { what: 'a net under a wrong name', file: cifar, from: `${resnet44}7`, to: `${resnet44}8`, says: /these settings build ResNet-50, expected ResNet-44/ },
  { what: 'a shortcut of the wrong kind', file: cifar, from: `${plain44}none`, to: `${plain44}A`, says: /a plain net has shortcut none, received A/ },
  { what: 'a width that is not positive', file: cifar, from: '[8, 16, 32]', to: '[8, 0, 32]', says: /expected integer, at least 1, received 0/ },
  { what: 'two widths', file: cifar, from: '[8, 16, 32]', to: '[8, 16]', says: /expected array, 3 to 4 items, received \[8,16\]/ },
  { what: 'widths that fall', file: cifar, from: '[8, 16, 32]', to: '[8, 16, 12]', says: /widths 8, 16, 12 fall, expected equal or rising/ },
  { what: 'padding as large as the image', file: cifar, from: 'pad: 2', to: 'pad: 16', says: /pad 16 is no smaller than the 16x16 image/ },
  { what: 'drops that do not increase', file: cifar, from: '[400, 600]', to: '[600, 400]', says: /drops 600, 400 are not increasing/ },
  { what: 'drops beyond the end', file: cifar, from: '[400, 600]', to: '[400, 800]', says: /the drop at 800 lies beyond the last of 800 iterations/ },
  { what: 'more test images than there are', file: cifar, from: 'testErrorImages: 250', to: 'testErrorImages: 251', says: /at most the 250 test images there are, received 251/ },
  { what: 'a path that no spec has', file: cifar, from: '{ schedule.rate: 0.03 }', to: '{ schedule.rat: 0.03 }', says: /unknown key "schedule\.rat"\. Did you mean schedule\.rate/ },
  { what: 'a path that this net does not have', file: cifar, from: 'for: [ResNet-110, ResNet-1202]\n      - says: >-\n          Points', to: 'for: [ResNet-56]\n      - says: >-\n          Points', at: 'set: { schedule.warmup.rate: 0.003 }', says: /there is no schedule\.warmup\.rate for ResNet-56, because schedule\.warmup is null/ },
  { what: 'a deviation that changes nothing', file: cifar, from: '{ schedule.rate: 0.03 }', to: '{ schedule.rate: 0.1 }', says: /changes nothing for plain-20: schedule\.rate is 0\.1 already/ },
  { what: 'a deviation for an unknown network', file: cifar, from: 'for: [ResNet-110]', to: 'for: [ResNet-111]', says: /no network "ResNet-111" in the protocol\. Did you mean ResNet-110/ },
  { what: 'a deviation that says nothing', file: cifar, from: '&rate\n        says: ', to: '&rate\n        said: ', at: 'said: ', says: /missing key "says": One sentence, printed under the table or figure/ },
  { what: 'a choice that is none of the allowed', file: cifar, from: 'classifier: 0.01', to: 'classifier: she', says: /expected "he" or number, greater than 0, received "she"/ },
  { what: 'a mistake inside a choice', file: cifar, from: 'untilTrainError: 0.8', to: 'untilTrainError: 80', says: /expected number, greater than 0, less than 1, received 80/ },
  { what: 'a cell of an unknown column', file: 'table2.yaml', from: '{ plain: plain-18', to: '{ plian: plain-18', says: /rows\[0\]\.networks\.plian: no column "plian", expected one of plain, ResNet\. Did you mean plain/ },
  { what: 'an unknown network of a cell', file: 'table2.yaml', from: 'ResNet: ResNet-18', to: 'ResNet: ResNet-19', says: /rows\[0\]\.networks\.ResNet: no network "ResNet-19" in the protocol\. Did you mean ResNet-1/ },
  { what: 'an unknown member of an ensemble', file: 'table5.yaml', from: '[ResNet-18,', to: '[ResNet-19,', says: /rows\[5\]\.ensemble\[0\]: no network "ResNet-19"/ },
  { what: 'a row measured in two ways', file: 'table5.yaml', from: '    ensemble:', to: '    network: ResNet-50\n    ensemble:', at: "label: ResNet (ILSVRC'15)", says: /rows\[5\]: expected one of network, ensemble, received all of them/ },
  { what: 'a test that no network has', file: 'table6.yaml', from: 'measures: testError', to: 'measures: tenCrop.top1', at: 'label: ResNet-20,', says: /tenCrop\.top1 is asked for, but ResNet-20 is tested in a single view only/ },
  { what: 'a stride that the name does not tell', file: imagenet, from: 'network.strideIn: 3x3', to: 'network.strideIn: first1x1', says: /ResNet-50 v1\.5 strides in its 3x3, received first1x1/ },
  { what: 'an option under a wrong name', file: imagenet, from: 'set: { network.shortcut: B }', to: 'set: { network.shortcut: C }', says: /the name says option B, received C \(ResNet-34 B\)/ },
  { what: 'bottlenecks of another depth', file: imagenet, from: '[3, 4, 23, 3]', to: '[3, 4, 22, 3]', says: /these settings build ResNet-98, expected ResNet-101/ },
  { what: 'a width too few', file: imagenet, from: '[8, 16, 32, 64]', to: '[8, 16, 32]', says: /a net of family imagenet-resnet has 4 stages, received 3 widths/ },
  { what: 'the classes of another set', file: imagenet, from: '          network.classes: 10\n', to: '', at: 'data:\n            set: cifar10', says: /cifar10 has 10 classes, but network\.classes is 1000/ },
  { what: 'a test twice', file: imagenet, from: '{ name: multiScale, sizes: [24, 32, 40] }', to: '{ name: tenCrop, pad: 3 }', at: 'evaluation.tests:', says: /tenCrop is there twice, expected each test once/ },
  { what: 'an unknown test', file: imagenet, from: '{ name: tenCrop, pad: 0 }', to: '{ name: tencrop, pad: 0 }', says: /tests\[0\]\.name: expected "tenCrop" or "multiScale", received "tencrop"\. Did you mean tenCrop/ },
  { what: 'settings of another data set', file: imagenet, from: 'crop: 224', to: 'crop: 224\n    downsample: 2', at: 'downsample: 2', says: /data\.downsample: unknown key "downsample"/ },
  { what: 'malformed JSON', file: 'paper.json', from: '"venue": ', to: '"venue" ', says: /paper\.json:\d+:\d+ {2}not valid YAML/ },
  { what: 'a published value without a page', file: 'paper.json', from: '"value": 8.75, "printed": "8.75", "unit": "%", "direction": "lower", "estimator": "single run", "page": 7', to: '"value": 8.75, "printed": "8.75", "unit": "%", "direction": "lower", "estimator": "single run"', says: /ResNet-20\.error: missing key "page"/ },
];

const temporary = mkdtempSync(join(tmpdir(), 'residuals-mistakes-'));
const cacheBefore = process.env.RESIDUALS_CACHE;
beforeAll(() => {
  process.env.RESIDUALS_CACHE = join(temporary, 'cache');
});
afterAll(() => {
  if (cacheBefore === undefined) delete process.env.RESIDUALS_CACHE;
  else process.env.RESIDUALS_CACHE = cacheBefore;
  rmSync(temporary, { recursive: true });
});

describe('a mistake in a manifest is told with its line and what was expected', () => {
  it.each(mistakes)('$what', async ({ file, from, to, at = to, says }) => {
    const { experiment, place } = edited(file, from, to, at);
    const error = await userError(
      loadTargets(
        ['table6', 'figure1', 'figure6', 'figure7', 'table1', 'table2', 'table5', 'figure3', 'figure5'],
        'mini',
        {
          experiment,
        },
      ),
    );
    const line = error.message.split('\n').find(text => says.test(text));
    expect(line, error.message).toBeDefined();
    expect(line).toContain(place);
  });

  it('several at once are all listed', async () => {
    const { experiment } = edited(
      'table6.yaml',
      '{ label: Maxout }\n  - { label: NIN }',
      '{ label: Maxuot }\n  - { label: NNI }',
    );
    const error = await userError(loadTargets(['table6'], 'mini', { experiment }));
    expect(error.message.split('\n')).toHaveLength(2);
    expect(error.message).toMatch(/Maxuot[\s\S]*NNI/);
  });

  it('more than ten are cut off with their number', async () => {
    const { experiment } = edited('table6.yaml', 'published: table6', 'published: table5');
    const error = await userError(loadTargets(['table6'], 'mini', { experiment }));
    expect(error.message.split('\n')).toHaveLength(11);
    expect(error.message).toMatch(/and 2 more$/);
  });
});

describe('validation finds what no target of the profile needs', () => {
  it.each([
    ['a claim that the paper does not make', 'claim: C33', 'claim: C99', /paper\.json has no claim C99/],
    [
      'a threshold for an unknown profile',
      'overnight: *unstudied',
      'overnite: *unstudied',
      /no profile "overnite"\. Did you mean overnight/,
    ],
    [
      'two default profiles',
      'summary: a few',
      'default: true\n    summary: a few',
      /expected one profile with `default: true`, received 2/,
    ],
    [
      'a mistake in another profile',
      'schedule.drops: [4, 6]',
      'schedule.drops: [4, 9]',
      /the drop at 9 lies beyond the last of 8 iterations/,
    ],
  ])('%s', async (_, from, to, says) => {
    const { experiment } = edited(cifar, from, to);
    await expect(loadTargets(['figure7'], 'mini', { experiment })).resolves.toHaveLength(1);
    expect((await userError(validateExperiment({ experiment }))).message).toMatch(says);
  });
});

let copies = 0;

/** A copy of the experiment with one edit, and `file:line:` of the first line that holds `at` after it. */
function edited(file: string, from: string, to: string, at = to): { experiment: string; place: string } {
  const experiment = join(temporary, `experiment-${copies++}`);
  cpSync(join(root, 'experiments', 'resnet-2015'), experiment, { recursive: true });
  const path = join(experiment, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  const changed = text.replace(from, to);
  writeFileSync(path, changed);
  return { experiment, place: `${path}:${changed.slice(0, changed.indexOf(at)).split('\n').length}:` };
}

async function userError(action: Promise<unknown>): Promise<UserError> {
  const error = await action.then(
    () => expect.unreachable('expected a UserError'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(UserError);
  expect((error as UserError).exitCode).toBe(2);
  expect((error as UserError).fix).toBeTruthy();
  return error as UserError;
}
