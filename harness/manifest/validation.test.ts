import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { copyOf, type Edit, edit, resnet, temporaryFolder, userError } from './fixtures.ts';
import { loadTargets, validateExperiment } from './load.ts';

/** An edit that no target of the profile `mini` of Figure 7 is touched by, and what validation says of it. */
interface Mistake extends Edit {
  what: string;
  at?: string;
  says: RegExp;
}

const cifar = 'protocols/cifar10.yaml';
const detection = 'protocols/detection.yaml';
const at875 = '"value": 8.75, "printed": "8.75", "unit": "%", "direction": "lower"';
const repeated = '"page": 7, "mean": 6.61, "sd": 0.16, "runs": 5';

// biome-ignore format: a table, one mistake a line
const mistakes: Mistake[] = [
  { what: 'a claim that the paper does not make', file: 'claims.yaml', from: '  C33:', to: '  C99:', says: /claims\.C99: no claim "C99" in .*paper\.json\. Did you mean C09/ },
  { what: 'a claim that is missing', file: 'claims.yaml', from: '  C34:', to: '  C99:', says: /claims: the claim "C34" of .*paper\.json is missing; `kind: told` says why one is not tested/ },
  { what: 'a claim about an unknown measure', file: 'claims.yaml', from: 'measure: trainError', to: 'measure: trainEror', says: /claims\.C01\.parts\.C01-train\.measure: no measure "trainEror" in the task classification\. Did you mean trainError/ },
  { what: 'a claim about an unknown network', file: 'claims.yaml', from: 'worse: ResNet-1202', to: 'worse: ResNet-1203', says: /claims\.C33\.parts\.C33-test\.worse: no network "ResNet-1203" in .*cifar10\.yaml\. Did you mean ResNet-1202/ },
  { what: 'a claim about one network', file: 'claims.yaml', from: 'worse: ResNet-1202', to: 'worse: ResNet-110', says: /C33-test\.better: ResNet-110 is compared with itself/ },
  { what: 'a claim about an unknown line', file: 'claims.yaml', from: 'line: train', to: 'line: trian', says: /C04-throughout\.line: no line "trian"\. Did you mean train/ },
  { what: 'a threshold for an unknown profile', file: 'claims.yaml', from: 'overnight: *order', to: 'overnite: *order', says: /no profile "overnite"\. Did you mean overnight/ },
  { what: 'a threshold for what every object inherits', file: 'claims.yaml', from: 'overnight: *order', to: 'valueOf: *order', says: /no profile "valueOf"/ },
  { what: 'an exact claim about what was not published', file: 'claims.yaml', from: '[costs, VGG-19, FLOPs]', to: '[costs, VGG-91, FLOPs]', says: /paper\.json has no tables\.costs\.rows\["VGG-91"\]\.FLOPs/ },
  { what: 'an exact claim about an unknown network', file: 'claims.yaml', from: 'of: ResNet-34 C', to: 'of: ResNet-34 D', says: /no network "ResNet-34 D"\. Did you mean ResNet-34/ },
  { what: 'a claim about runs of no protocol', file: 'claims.yaml', from: 'too."\n    protocol: cifar10\n', to: 'too."\n', says: /claims\.C03: a test of the kind order needs runs, expected `protocol`/ },
  { what: 'two default profiles', file: cifar, from: 'summary: a few', to: 'default: true\n    summary: a few', says: /expected one profile with `default: true`, received 2/ },
  { what: 'a mistake in another profile', file: cifar, from: 'schedule.drops: [4, 6]', to: 'schedule.drops: [4, 9]', says: /the drop at 9 lies beyond the last of 8 iterations/ },
  { what: 'a faithful profile that is not', file: cifar, from: "64,000 iterations on 32x32 images\"\n    deviations: []", to: "64,000 iterations on 32x32 images\"\n    deviations: [{ text: shorter, set: { schedule.iterations: 50000 } }]", says: /profiles\.paper\.deviations\[0\]\.set: the profile paper follows the paper to the letter \(paper\.yaml\), expected \{\}/ },
  { what: 'a token of the faithful profile', file: cifar, from: "64,000 iterations on 32x32 images\"\n    deviations: []", to: "64,000 iterations on 32x32 images\"\n    deviations: []\n    tokens: [{ for: [ResNet-20], reason: short }]", at: 'tokens: [{ for', says: /profiles\.paper\.tokens: the profile paper follows the paper to the letter \(paper\.yaml\): none of its runs is a token/ },
  { what: 'a token of an unknown network', file: cifar, from: 'tokens:\n      - for: [ResNet-1202]', to: 'tokens:\n      - for: [ResNet-1203]', at: 'for: [ResNet-1203]', says: /profiles\.mini\.tokens\[0\]\.for\[0\]: no network "ResNet-1203" in the protocol\. Did you mean ResNet-1202/ },
  { what: 'a faithful profile that nobody has', file: 'paper.yaml', from: 'faithful: paper', to: 'faithful: papre', says: /paper\.yaml:5:1 {2}faithful: no profile "papre"\. Did you mean paper/ },
  { what: 'a tolerance of an unknown measure', file: cifar, from: 'tolerances:\n  testError:', to: 'tolerances:\n  testEror:', says: /tolerances\.testEror: no measure "testEror" in the task classification\. Did you mean testError/ },
  { what: 'a resolution within the margin', file: cifar, from: 'value: 1.5', to: 'value: 0.3', says: /tolerances\.testError\.resolution\.value: expected more than the margin, 0\.3/ },
  { what: 'weights of a network that is not there', file: 'paper.yaml', from: 'network: ResNet-50', to: 'network: ResNet-52', says: /released\.pretrained\.network: no network "ResNet-52" in the protocol\. Did you mean .*ResNet-50/ },
  { what: 'weights of a protocol that is not there', file: 'paper.yaml', from: 'protocol: imagenet', to: 'protocol: imagenette', says: /released\.pretrained\.protocol: no protocol "imagenette"\. Did you mean imagenet/ },
  { what: 'weights with an unknown measure', file: 'paper.yaml', from: 'single.top5', to: 'single.top3', says: /no measure "single\.top3" in the task classification\. Did you mean single\.top/ },
  { what: 'weights whose digest is none', file: 'paper.yaml', from: 'integrity: sha512-4K9', to: 'integrity: sha1-4K9', says: /released\.pretrained\.integrity: expected string, matching/ },
  { what: 'released weights that nobody tells of', file: detection, from: 'released: pretrained', to: 'released: pretrain', says: /profiles\.released\.deviations\[0\]\.set\.pretraining\.released: no released weights "pretrain"\. Did you mean pretrained/ },
  { what: 'released weights of another network', file: detection, from: 'network.blocks: [3, 4, 6, 3]', to: 'network.blocks: [3, 4, 5, 3]', at: '[3, 4, 5, 3]', says: /network\.blocks is \[3,4,5,3\], expected \[3,4,6,3\]: the released weights are those of ResNet-50 \(ResNet-101 07\+12\)/ },
  { what: 'released weights told in a protocol', file: detection, from: 'released: pretrained', to: 'released: { package: other@1.0.0 }', says: /set\.pretraining\.released: expected string/ },
  { what: 'a value other than the printed one', file: 'paper.json', from: '"value": 8.75', to: '"value": 87.5', says: /ResNet-20\.error\.value: 87\.5 is printed as 8\.75 in "8\.75"/ },
  { what: 'a mean other than the printed one', file: 'paper.json', from: '"mean": 6.61', to: '"mean": 66.1', says: /ResNet-110\.error\.mean: 66\.1 is printed as 6\.61 in "6\.43 \(6\.61±0\.16\)"/ },
  { what: 'a deviation other than the printed one', file: 'paper.json', from: '"mean": 6.61, "sd": 0.16', to: '"mean": 6.61, "sd": 0.61', says: /ResNet-110\.error\.sd: 0\.61 is printed as 0\.16/ },
  { what: 'a deviation without a mean', file: 'paper.json', from: repeated, to: '"page": 7, "sd": 0.16', says: /ResNet-110\.error\.sd: a standard deviation without the mean/ },
  { what: 'a negative deviation', file: 'paper.json', from: '"mean": 6.61, "sd": 0.16', to: '"mean": 6.61, "sd": -0.16', says: /ResNet-110\.error\.sd: expected number, at least 0/ },
  { what: 'more than all', file: 'paper.json', from: '"value": 28.07, "printed": "28.07"', to: '"value": 280.7, "printed": "280.7"', says: /VGG-16\.top1\.value: expected 0 to 100%, received 280\.7/ },
  { what: 'a printed number that is none', file: 'paper.json', from: at875, to: at875.replace('"8.75"', '"n/a"'), says: /ResNet-20\.error\.printed: expected a number at the beginning, received "n\/a"/ },
  { what: 'a value in another unit than its column', file: 'paper.json', from: at875, to: at875.replace('%', 'points'), says: /ResNet-20\.error\.unit: expected "%", which its column has/ },
  { what: 'a value that is better the other way round', file: 'paper.json', from: at875, to: at875.replace('lower', 'higher'), says: /ResNet-20\.error\.direction: expected "lower", which its column has/ },
  { what: 'an ensemble of nobody says how many', file: 'paper.json', from: '"estimator": "ensemble", "models": 6', to: '"estimator": "ensemble"', says: /ResNet \(ILSVRC'15\)"\]\.top5\.estimator: expected `models` with an ensemble, and with nothing else/ },
  { what: 'a cell in no column', file: 'paper.json', from: '"params": "0.27M"', to: '"param": "0.27M"', says: /ResNet-20\.param: no column "param"\. Did you mean params/ },
  { what: 'a row given twice', file: 'paper.json', from: '"NIN": {', to: '"Maxout": {', says: /paper\.json:\d+:\d+ {2}not valid JSON: the key "Maxout" is given twice/ },
  { what: 'a value given twice', file: 'paper.json', from: '"value": 8.75,', to: '"value": 8.75, "value": 8.57,', says: /paper\.json:\d+:\d+ {2}not valid JSON: the key "value" is given twice/ },
  { what: 'curves of a figure that is not there', file: 'curves.json', from: '"figure4": {\n', to: '"figure9": {\n', says: /curves\.json:\d+:\d+ {2}figures\.figure9: no figure of .*paper\.json "figure9"\. Did you mean figure/ },
  { what: 'a curve of no line', file: 'curves.json', from: '"original": {', to: '"orignal": {', says: /figures\.figure7\.plain-20\.orignal: no line of a task "orignal"\. Did you mean original/ },
  { what: 'a curve that is derived', file: 'curves.json', from: '"original": {', to: '"sorted": {', says: /figures\.figure7\.plain-20\.sorted: no line of a task "sorted"/ },
  { what: 'a negative point', file: 'curves.json', from: '[0.3845, 19.9955]', to: '[0.3845, -19.9955]', says: /figures\.figure1\.plain-20\.train\.points\[0\]: expected 0 to 100%, received -19\.9955/ },
  { what: 'a profile that is a path', file: cifar, from: '  smoke:\n', to: '  ../../smoke:\n', says: /profiles\["\.\.\/\.\.\/smoke"\]: expected at most 64 letters, digits/ },
];

const folder = temporaryFolder();

describe('validation finds what no target of the profile needs', () => {
  it.each(mistakes)('$what', async ({ says, ...change }) => {
    const experiment = copyOf(resnet, folder);
    edit(experiment, change);
    const { message, fix } = await userError(validateExperiment({ experiment }));
    const line = message.split('\n').find(text => says.test(text));
    expect(line, message).toBeDefined();
    expect(line).toMatch(/^\S+:\d+:\d+ {2}/);
    expect(fix).toBe(`correct these lines, then: npm run validate -- --experiment ${experiment}`);
  });

  it('and does not stop a target that does not need it', async () => {
    const experiment = copyOf(resnet, folder);
    const elsewhere = [
      'two default profiles',
      'a tolerance of an unknown measure',
      'a mistake in another profile',
    ];
    for (const mistake of mistakes.filter(({ what }) => elsewhere.includes(what))) edit(experiment, mistake);
    await expect(loadTargets(['figure7'], 'mini', { experiment })).resolves.toHaveLength(1);
  });

  it('in several files at once', async () => {
    const experiment = copyOf(resnet, folder);
    edit(experiment, { file: 'table6.yaml', from: 'kind: table', to: 'kind: tabel' });
    edit(experiment, { file: 'curves.json', from: '"estimator": "digitised"', to: '"estimator": "read"' });
    edit(experiment, { file: cifar, from: 'testError:\n    margin', to: 'testEror:\n    margin' });
    const { message } = await userError(validateExperiment({ experiment }));
    expect(message).toMatch(/curves\.json:/);
    expect(message).toMatch(/cifar10\.yaml:/);
    expect(message).toMatch(/table6\.yaml:/);
  });

  it('in files that would be passed over', async () => {
    const experiment = copyOf(resnet, folder);
    renameSync(join(experiment, 'table6.yaml'), join(experiment, 'table 6.yaml'));
    renameSync(join(experiment, 'table5.yaml'), join(experiment, 'table5.yml'));
    writeFileSync(join(experiment, '.table6.yaml.swp.yaml'), '');
    const { message } = await userError(validateExperiment({ experiment }));
    expect(message.split('\n')).toHaveLength(2);
    expect(message).toMatch(
      /table 6\.yaml:1:1 {2}the file is passed over because of its name: expected at most 64/,
    );
    expect(message).toMatch(/table5\.yml:1:1 {2}the file is passed over, expected the ending \.yaml/);
  });
});
