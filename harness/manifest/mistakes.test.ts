import { describe, expect, it } from 'vitest';
import { copyOf, type Edit, edit, resnet, temporaryFolder, userError } from './fixtures.ts';
import { loadTargets } from './load.ts';

/** An edit of a manifest file and the message about the line that begins with or holds `at`. */
interface Mistake extends Edit {
  what: string;
  /** Text on the line that must be named; `to` when absent. */
  at?: string;
  says: RegExp;
}

const imagenet = 'protocols/imagenet.yaml';
const cifar = 'protocols/cifar10.yaml';
const plain44 = 'network.blocks: &n7 [7, 7, 7]';
const single = '"printed": "8.75", "unit": "%", "direction": "lower", "estimator": "single run"';

// biome-ignore format: a table, one mistake a line
const mistakes: Mistake[] = [
  { what: 'malformed YAML', file: 'table6.yaml', from: 'cifar10', to: 'cifar10: x', says: /not valid YAML: Nested mappings/ },
  { what: 'a key given twice', file: 'table6.yaml', from: 'published: table6', to: 'published: table6\nkind: table', at: 'kind: table\n\n', says: /not valid YAML: the key "kind" is given twice/ },
  { what: 'a wrong type', file: 'table1.yaml', from: 'size: 224', to: 'size: big', says: /size: expected integer, at least 1, at most 4096, received "big"/ },
  { what: 'an unknown key', file: 'table6.yaml', from: 'NIN }', to: 'NIN, netwrok: x }', says: /rows\[1\]\.netwrok: unknown key "netwrok"\. Did you mean network/ },
  { what: 'what paper.json alone says', file: 'table6.yaml', from: 'key: layers,', to: 'key: layers, label: layers,', says: /columns\[0\]\.label: unknown key "label"/ },
  { what: 'a missing key', file: 'figure7.yaml', from: '{ label: std, domain', to: '{ domain', says: /panels\[0\]\.y: missing key "label"/ },
  { what: 'an unknown kind', file: 'figure1.yaml', from: 'kind: figure', to: 'kind: figrue', says: /kind: expected "table", "figure" or "architecture", received "figrue"\. Did you mean figure/ },
  { what: 'an unknown network that is drawn', file: 'figure3.yaml', from: 'network: plain-34', to: 'network: plain-43', says: /networks\[1\]\.network: no network "plain-43" in the protocol\. Did you mean plain-34/ },
  { what: 'a network that is drawn twice', file: 'figure3.yaml', from: 'label: 34-layer plain', to: 'label: VGG-19', at: 'label: VGG-19, network', says: /networks\[1\]: the network "VGG-19" is given twice/ },
  { what: 'an unknown block', file: 'figure5.yaml', from: 'ResNet-50, block: conv2_2', to: 'ResNet-50, block: conv2_4', says: /networks\[1\]\.block: no block "conv2_4"\. Did you mean conv2_1/ },
  { what: 'a drawing of blocks without one', file: 'figure5.yaml', from: 'ResNet-50, block: conv2_2', to: 'ResNet-50', at: 'label: bottleneck', says: /networks\[1\]: expected `block`, e\.g\. conv2_2/ },
  { what: 'a cost that the paper does not print', file: 'figure3.yaml', from: '[costs, VGG-19, FLOPs]', to: '[costs, VGG-91, FLOPs]', says: /paper\.json has no number at tables\.costs\.rows\["VGG-91"\]\.FLOPs/ },
  { what: 'a VGG that is not there', file: 'figure3.yaml', from: 'depth: 19', to: 'depth: 18', says: /networks\[0\]\.spec\.depth: expected 16 or 19, received 18/ },
  { what: 'a family that is not there', file: 'figure3.yaml', from: 'family: vgg', to: 'family: vvg', says: /networks\[0\]\.spec\.family: expected "residual" or "vgg", received "vvg"\. Did you mean vgg/ },
  { what: 'a network of the protocol that is specified too', file: 'figure3.yaml', from: 'label: VGG-19,', to: 'label: VGG-19, network: plain-34,', at: '{\n      label: VGG-19, network', says: /networks\[0\]: expected `network` or `spec`, received both/ },
  { what: 'a network that is neither', file: 'figure3.yaml', from: ', network: plain-34', to: '', at: 'label: 34-layer plain', says: /networks\[1\]: expected `network` or `spec`, received neither/ },
  { what: 'a column that Table 1 does not print', file: 'table1.yaml', from: 'label: 18-layer', to: 'label: 81-layer', says: /no column "81-layer" in tables\.table1 of .*paper\.json\. Did you mean 18-layer/ },
  { what: 'a drawing that the paper does not have', file: 'figure2.yaml', from: 'published: figure2', to: 'published: figure20', says: /paper\.json has no figures\.figure20.*Did you mean figure2/ },
  { what: 'an unknown network', file: 'table6.yaml', from: 'network: ResNet-20', to: 'network: ResNet-21', says: /rows\[6\]\.network: no network "ResNet-21" in the protocol\. Did you mean ResNet-20/ },
  { what: 'a row given twice', file: 'table6.yaml', from: 'label: NIN', to: 'label: Maxout', at: 'Maxout }\n  - { label: DSN', says: /rows\[1\]: the row "Maxout" is given twice/ },
  { what: 'a column given twice', file: 'table6.yaml', from: 'key: params, measures: parameters', to: 'key: layers, measures: layers', at: 'key: layers, measures: layers }\n  - { key: error', says: /columns\[1\]: the column "layers" is given twice/ },
  { what: 'a claim given twice', file: 'table6.yaml', from: 'C32, C33', to: 'C33, C33', says: /claims\[3\]: the claim "C33" is given twice/ },
  { what: 'a member of an ensemble given twice', file: 'table5.yaml', from: 'ResNet-34 B, ResNet-34 C', to: 'ResNet-34 B, ResNet-34 B', says: /rows\[5\]\.ensemble: expected array, 2 or more items, without repeats/ },
  { what: 'a missing published row', file: 'table6.yaml', from: 'Maxout', to: 'Maxuot', says: /paper\.json has no tables\.table6\.rows\["Maxuot"\].*Did you mean Maxout/ },
  { what: 'a missing published column', file: 'table6.yaml', from: 'key: error', to: 'key: errors', says: /columns\[2\]\.key: .*paper\.json has no tables\.table6\.columns\["errors"\].*Did you mean error/ },
  { what: 'a missing published table', file: 'table6.yaml', from: 'published: table6', to: 'published: table60', says: /paper\.json has no tables\.table60.*Did you mean table/ },
  { what: 'a table that every object inherits', file: 'table6.yaml', from: 'published: table6', to: 'published: constructor', says: /paper\.json has no tables\.constructor/ },
  { what: 'a table by the name of a prototype', file: 'table6.yaml', from: 'published: table6', to: 'published: __proto__', says: /paper\.json has no tables\.__proto__/ },
  { what: 'a row that every object inherits', file: 'table6.yaml', from: 'label: NIN', to: 'label: toString', says: /paper\.json has no tables\.table6\.rows\["toString"\]/ },
  { what: 'a network that every object inherits', file: 'table6.yaml', from: 'network: ResNet-20', to: 'network: valueOf', says: /no network "valueOf" in the protocol/ },
  { what: 'a claim that every object inherits', file: 'table6.yaml', from: 'C32,', to: 'hasOwnProperty,', says: /no claim "hasOwnProperty" in / },
  { what: 'a measure that every object inherits', file: 'table6.yaml', from: 'measures: testError', to: 'measures: constructor', says: /no measure "constructor" in the task classification/ },
  { what: 'a missing published curve', file: 'figure6.yaml', from: '(right panel)', to: '(left panel)', says: /curves\.json has no figures\.figure6\["ResNet-110 \(left panel\)"\]/ },
  { what: 'a missing line', file: 'figure7.yaml', from: 'shows: [original]', to: 'shows: [train]', at: 'label: plain-20', says: /figures\.figure7\["plain-20"\]\.train/ },
  { what: 'an unknown line', file: 'figure6.yaml', from: 'shows: [train, test]', to: 'shows: [train, tets]', says: /panels\[0\]\.shows\[1\]: no line "tets" in the task classification\. Did you mean test/ },
  { what: 'lines that share no axis', file: 'figure6.yaml', from: 'shows: [train, test]', to: 'shows: [train, sorted]', says: /panels\[0\]\.shows: train and sorted are over iterations and layers, expected one axis/ },
  { what: 'a panel given twice', file: 'figure6.yaml', from: 'title: ResNets', to: 'title: plain nets', at: 'plain nets\n    shows: [train, test]\n    x: { label: iter. (1e4), domain: [0, 6.4], per: 10000 }\n    y: { label: error (%), domain: [0, 20] }\n    curves:\n      - { label: ResNet-20', says: /panels\[1\]: the panel "plain nets" is given twice/ },
  { what: 'a curve given twice', file: 'figure6.yaml', from: 'label: plain-32', to: 'label: plain-20', at: 'label: plain-20, network: plain-32', says: /panels\[0\]\.curves\[1\]: the curve "plain-20" is given twice/ },
  { what: 'a reversed domain', file: 'figure7.yaml', from: 'domain: [0.5, 3.5]', to: 'domain: [3.5, 0.5]', says: /panels\[0\]\.y\.domain: expected a lower and a higher number, received \[3\.5, 0\.5\]/ },
  { what: 'an empty domain', file: 'figure6.yaml', from: 'domain: [0, 6.4]', to: 'domain: [6.4, 6.4]', says: /panels\[0\]\.x\.domain: expected a lower and a higher number, received \[6\.4, 6\.4\]/ },
  { what: 'a domain without end', file: 'figure6.yaml', from: 'domain: [0, 6.4]', to: 'domain: [0, .inf]', says: /panels\[0\]\.x\.domain\[1\]: expected number, at least -1000000000000, at most 1000000000000, received Infinity/ },
  { what: 'an axis of no length', file: 'figure6.yaml', from: 'per: 10000', to: 'per: 0', says: /panels\[0\]\.x\.per: expected number, at most 1000000000, greater than 0, received 0/ },
  { what: 'an unknown protocol', file: 'table6.yaml', from: 'protocol: cifar10', to: 'protocol: cifar100', says: /no protocol "cifar100"\. Did you mean cifar10/ },
  { what: 'a protocol in another folder', file: 'table6.yaml', from: 'protocol: cifar10', to: 'protocol: ../protocols/cifar10', says: /no protocol "\.\.\/protocols\/cifar10"/ },
  { what: 'an unknown claim', file: 'table6.yaml', from: 'C27,', to: 'C72,', says: /no claim "C72" in claims\.yaml\. Did you mean C02/ },
  { what: 'an unknown task', file: cifar, from: 'task: classification', to: 'task: clasification', says: /task: expected "classification", "detection" or "localisation", received "clasification"\. Did you mean classification/ },
  { what: 'an unknown data set', file: cifar, from: 'set: cifar10', to: 'set: cifra10', says: /spec\.data\.set: expected "cifar10", "digits" or "imagenet", received "cifra10"\. Did you mean cifar10/ },
  { what: 'an impossible net', file: cifar, from: plain44, to: 'network.blocks: &n7 [7, 0, 7]', says: /networks\.plain-44\.set\["network\.blocks"\]\[1\]: expected integer, at least 1, at most 1000, received 0/ },
  { what: 'a fractional net', file: cifar, from: plain44, to: 'network.blocks: &n7 [7, 6.5, 7]', says: /expected integer, at least 1, at most 1000, received 6\.5/ },
  { what: 'a net of other than the stated layers', file: cifar, from: plain44, to: 'network.blocks: &n7 [8, 8, 8]', says: /these settings build 50 layers, expected 44: 2, and 2 in each basic block \(plain-44\)/ },
  { what: 'a shortcut of no kind', file: cifar, from: `network.shortcut: none, ${plain44}`, to: `network.shortcut: D, ${plain44}`, says: /expected "A", "B", "C" or "none", received "D"/ },
  { what: 'a width that is not positive', file: cifar, from: '[8, 16, 32]', to: '[8, 0, 32]', says: /expected integer, at least 1, at most 8192, received 0/ },
  { what: 'two widths', file: cifar, from: '[8, 16, 32]', to: '[8, 16]', says: /blocks are given for 3 stages, widths for 2/ },
  { what: 'widths that fall', file: cifar, from: '[8, 16, 32]', to: '[8, 16, 12]', says: /widths 8, 16, 12 fall/ },
  { what: 'padding as large as the image', file: cifar, from: 'pad: 2', to: 'pad: 16', says: /pad 16 is no smaller than the 16x16 image/ },
  { what: 'drops that do not increase', file: cifar, from: '[400, 600]', to: '[600, 400]', says: /drops 600, 400 are not increasing/ },
  { what: 'drops beyond the end', file: cifar, from: '[400, 600]', to: '[400, 800]', says: /the drop at 800 lies beyond the last of 800 iterations/ },
  { what: 'more test images than there are', file: cifar, from: 'testErrorImages: 250', to: 'testErrorImages: 251', says: /at most the 250 test images there are, received 251/ },
  { what: 'more seeds than anyone runs', file: cifar, from: 'seeds: 5', to: 'seeds: 1000000000', says: /networks\.ResNet-110\.seeds: expected integer, at least 1, at most 1000, received 1000000000/ },
  { what: 'seeds among the settings of a network', file: cifar, from: 'layers: 20, set: {}', to: 'layers: 20, set: { seeds: 2 }', says: /networks\.ResNet-20\.set\.seeds: unknown key "seeds"/ },
  { what: 'a path that no spec has', file: cifar, from: '{ schedule.rate: 0.03 }', to: '{ schedule.rat: 0.03 }', says: /unknown key "schedule\.rat"\. Did you mean schedule\.rate/ },
  { what: 'a path through a prototype', file: cifar, from: '{ schedule.rate: 0.03 }', to: '{ schedule.__proto__.rate: 0.03 }', says: /unknown key "schedule\.__proto__\.rate"/ },
  { what: 'a path that this net does not have', file: cifar, from: 'for: [ResNet-110, ResNet-1202]\n      - text: >-\n          Training-curve', to: 'for: [ResNet-56]\n      - text: >-\n          Training-curve', at: 'set: { schedule.warmup.rate: 0.003 }', says: /there is no schedule\.warmup\.rate for ResNet-56, because schedule\.warmup is null/ },
  { what: 'a deviation that changes nothing', file: cifar, from: '{ schedule.rate: 0.03 }', to: '{ schedule.rate: 0.1 }', says: /changes nothing for plain-20: schedule\.rate is 0\.1 already/ },
  { what: 'a deviation that sets a default', file: cifar, from: '{ schedule.rate: 0.03 }', to: '{ evaluation.tests: [] }', says: /changes nothing for plain-20: evaluation\.tests is \[\] already/ },
  { what: 'a deviation for an unknown network', file: cifar, from: 'for: [ResNet-110]', to: 'for: [ResNet-111]', says: /no network "ResNet-111" in the protocol\. Did you mean ResNet-110/ },
  { what: 'a deviation that says nothing', file: cifar, from: '&rate\n        text: ', to: '&rate\n        txt: ', at: 'txt: ', says: /missing key "text": One sentence, printed under the table or figure/ },
  { what: 'a choice that is none of the allowed', file: cifar, from: 'classifier: 0.01', to: 'classifier: she', says: /expected "he" or number, at most 100, greater than 0, received "she"/ },
  { what: 'a mistake inside a choice', file: cifar, from: 'untilTrainError: 0.8', to: 'untilTrainError: 80', says: /expected number, greater than 0, less than 1, received 80/ },
  { what: 'a cell of an unknown column', file: 'table2.yaml', from: '{ plain: plain-18', to: '{ plian: plain-18', says: /rows\[0\]\.networks\.plian: no column "plian"\. Did you mean plain/ },
  { what: 'an unknown network of a cell', file: 'table2.yaml', from: 'ResNet: ResNet-18', to: 'ResNet: ResNet-19', says: /rows\[0\]\.networks\.ResNet: no network "ResNet-19" in the protocol\. Did you mean ResNet-1/ },
  { what: 'an unknown member of an ensemble', file: 'table5.yaml', from: '[ResNet-18,', to: '[ResNet-19,', says: /rows\[5\]\.ensemble\[0\]: no network "ResNet-19"/ },
  { what: 'a row measured in two ways', file: 'table5.yaml', from: '    ensemble:', to: '    network: ResNet-50\n    ensemble:', at: "label: ResNet (ILSVRC'15)", says: /rows\[5\]: expected one of network, ensemble, received 2 of them/ },
  { what: 'a measure that no training records', file: 'table6.yaml', from: 'measures: testError', to: 'measures: tenCrop.top1', at: 'label: ResNet-20,', says: /tenCrop\.top1 is asked for, but a training of ResNet-20 records only testError, / },
  { what: 'an unknown measure', file: 'table6.yaml', from: 'measures: testError', to: 'measures: tesError', says: /columns\[2\]\.measures: no measure "tesError" in the task classification\. Did you mean testError/ },
  { what: 'a measure in another unit', file: 'table6.yaml', from: 'measures: testError', to: 'measures: testLoss', says: /columns\[2\]\.measures: testLoss has the unit "nats", but the published column has "%"/ },
  { what: 'a stride that is none', file: imagenet, from: 'network.strideIn: 3x3', to: 'network.strideIn: second1x1', says: /expected "first1x1" or "3x3", received "second1x1"/ },
  { what: 'bottlenecks of another depth', file: imagenet, from: '[3, 8, 36, 3]', to: '[3, 8, 35, 3]', says: /these settings build 149 layers, expected 152: 2, and 3 in each bottleneck block \(ResNet-152\)/ },
  { what: 'a width too few', file: imagenet, from: '[8, 16, 32, 64]', to: '[8, 16, 32]', says: /blocks are given for 4 stages, widths for 3/ },
  { what: 'the classes of another set', file: imagenet, from: '          network.classes: 10\n', to: '', at: 'data:\n            set: cifar10', says: /cifar10 has 10 classes, but network\.classes is 1000/ },
  { what: 'a mistake inside of what was set as a whole', file: imagenet, from: 'augmentation: { pad: 4, flip: true }', to: 'augmentation: { pad: 32, flip: true }', says: /deviations\[0\]\.set\.data\.augmentation\.pad: pad 32 is no smaller than the 32x32 image/ },
  { what: 'a test twice', file: imagenet, from: '{ name: multiScale, sizes: [24, 32, 40] }', to: '{ name: tenCrop, pad: 3 }', at: 'evaluation.tests:', says: /tenCrop is there twice, expected each test once/ },
  { what: 'an unknown test', file: imagenet, from: '{ name: tenCrop, pad: 0 }', to: '{ name: tencrop, pad: 0 }', says: /tests\[0\]\.name: expected "tenCrop" or "multiScale", received "tencrop"\. Did you mean tenCrop/ },
  { what: 'settings of another data set', file: imagenet, from: 'crop: 224', to: 'crop: 224\n    downsample: 2', at: 'downsample: 2', says: /data\.downsample: unknown key "downsample"/ },
  { what: 'malformed JSON', file: 'paper.json', from: '"venue": ', to: '"venue" ', says: /paper\.json:\d+:\d+ {2}not valid JSON: expected a colon, received "\\""/ },
  { what: 'a published value without a page', file: 'paper.json', from: `${single}, "page": 7`, to: single, says: /ResNet-20\.error: missing key "page"/ },
  { what: 'a negative value', file: 'paper.json', from: '"value": 8.75', to: '"value": -8.75', says: /ResNet-20\.error\.value: expected number, at least 0, at most 1000000000000000, received -8\.75/ },
  { what: 'a published row without a cell', file: 'paper.json', from: `"params": "0.27M",\n          "error": { "value": 8.75, ${single}, "page": 7 }`, to: '"params": "0.27M"', at: '', says: /table6\.yaml:\d+:\d+ {2}rows\[6\]: .*paper\.json has no tables\.table6\.rows\["ResNet-20"\]\.error/ },
  { what: 'a heading of two lines', file: 'paper.json', from: '"heading": "Table 6"', to: '"heading": "Table 6\\n\\\\input{/etc/hostname}"', says: /table6\.heading: the text contains \\u000a, expected one line without control characters/ },
  { what: 'an escape code in a label', file: 'table6.yaml', from: 'label: Maxout', to: 'label: "Max\\e[31mout"', says: /rows\[0\]\.label: the text contains \\u001b, expected one line/ },
  { what: 'a title of two lines', file: 'figure6.yaml', from: 'title: plain nets', to: 'title: "plain\\nnets"', says: /panels\[0\]\.title: the text contains \\u000a, expected one line/ },
  { what: 'a label that turns the line around', file: 'figure6.yaml', from: 'label: plain-20', to: 'label: "plain\\u202e-20"', says: /panels\[0\]\.curves\[0\]\.label: the text contains \\u202e/ },
  { what: 'a key with an escape code', file: 'table6.yaml', from: 'label: NIN', to: '"la\\ebel": NIN', says: /rows\[1\]\["la\\u001bbel"\]: the key contains \\u001b/ },
  { what: 'no margin', file: cifar, from: 'value: 0.3', to: 'value: 0', says: /tolerances\.testError\.margin\.value: expected number, at most 1000000000, greater than 0, received 0/ },
];

const folder = temporaryFolder();
const targets = [
  ...['table6', 'figure1', 'figure6', 'figure7', 'table1', 'table2', 'table5'],
  ...['figure2', 'figure3', 'figure5'],
];

describe('a mistake in a manifest is told with its line and what was expected', () => {
  it.each(mistakes)('$what', async ({ at, says, ...change }) => {
    const experiment = copyOf(resnet, folder);
    const place = edit(experiment, change, at);
    const error = await userError(loadTargets(targets, 'mini', { experiment }));
    const line = error.message.split('\n').find(text => says.test(text));
    expect(line, error.message).toBeDefined();
    if (at !== '') expect(line).toContain(place);
    expect(error.fix).toContain(`npm run validate -- --experiment ${experiment}`);
  });

  it('several at once are all listed', async () => {
    const experiment = copyOf(resnet, folder);
    edit(experiment, { file: 'table6.yaml', from: 'label: Maxout', to: 'label: Maxuot' });
    edit(experiment, { file: 'table6.yaml', from: 'label: NIN', to: 'label: NNI' });
    const error = await userError(loadTargets(['table6'], 'mini', { experiment }));
    expect(error.message.split('\n')).toHaveLength(2);
    expect(error.message).toMatch(/Maxuot[\s\S]*NNI/);
  });

  it('those of several files too', async () => {
    const experiment = copyOf(resnet, folder);
    edit(experiment, { file: 'table6.yaml', from: 'kind: table', to: 'kind: tabel' });
    edit(experiment, { file: 'table2.yaml', from: 'kind: table', to: 'kind: tabel' });
    const error = await userError(loadTargets(['table6', 'table2'], 'mini', { experiment }));
    expect(error.message).toMatch(/table6\.yaml:2:[\s\S]*table2\.yaml:2:/);
  });

  it('more than ten are cut off with their number', async () => {
    const experiment = copyOf(resnet, folder);
    edit(experiment, { file: 'table6.yaml', from: 'published: table6', to: 'published: table5' });
    const error = await userError(loadTargets(['table6'], 'mini', { experiment }));
    expect(error.message.split('\n')).toHaveLength(11);
    expect(error.message).toMatch(/and \d+ more$/);
  });

  it('one of a manifest does not stop another one', async () => {
    const experiment = copyOf(resnet, folder);
    edit(experiment, { file: 'table6.yaml', from: 'kind: table', to: 'kind: tabel' });
    edit(experiment, { file: 'table2.yaml', from: 'kind: table', to: 'kind' });
    await expect(loadTargets(['figure6', 'table3'], 'mini', { experiment })).resolves.toHaveLength(2);
  });
});
