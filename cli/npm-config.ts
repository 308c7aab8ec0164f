import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/**
 * What was typed before a bare `--` of `npm run`, by npm's names (`checkpoint_seconds`). npm leaves it in the environment
 * of the script, among what it read from its files, what the user's environment says, and what it tells of itself. `start`:
 * the environment that npm itself was started with; null where the system does not tell.
 */
export function typedBeforeDashes(
  env: NodeJS.ProcessEnv,
  start: NodeJS.ProcessEnv | null = startOfNpm(env),
): Map<string, string> {
  if (!env.npm_config_user_agent?.startsWith('npm/')) return new Map(); // others hand on what is typed
  const earlier = new Map(Object.entries(start ?? {}).map(([key, value]) => [key.toLowerCase(), value]));
  const files = npmrcs(env).map(npmrc);
  const typed = Object.entries(env).flatMap(([key, value = '']) => {
    const name = /^npm_config_(\w+)$/.exec(key)?.[1];
    if (name === undefined || ofNpmItself.includes(name)) return [];
    const given = [earlier.get(key), ...files.map(file => file.get(name))];
    return given.some(each => each !== undefined && asNpmSays(each) === value)
      ? []
      : [[name, value] as const];
  });
  return new Map(typed);
}

/** Whether npm has an option of that name (`dry-run`); null when it cannot be asked. */
export function isNpmOption(name: string, env: NodeJS.ProcessEnv): boolean | null {
  if (!env.npm_execpath) return null;
  try {
    const { definitions } = createRequire(env.npm_execpath)('@npmcli/config/lib/definitions') as {
      definitions: object;
    };
    return Object.hasOwn(definitions, name);
  } catch {
    return null;
  }
}

/** What npm tells of itself: no options. */
const ofNpmItself = ['npm_version', 'global_prefix', 'local_prefix', 'global_ignore_file', 'node_gyp'];

/** The environment that npm was started with: that of the first process above us that is not part of its script. */
function startOfNpm(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv | null {
  try {
    for (let pid = process.ppid; pid > 1; pid = parentOf(pid)) {
      const entries = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      const there = Object.fromEntries(entries.map(entry => entry.split(/=(.*)/s) as [string, string]));
      const same = (name: string) => there[name] === env[name];
      if (!['npm_lifecycle_event', 'npm_lifecycle_script', 'npm_package_json'].every(same)) return there;
    }
  } catch {}
  return null; // not Linux, or another user's process
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

/** The files that npm reads: the user's, the machine's, the project's and its own. */
function npmrcs(env: NodeJS.ProcessEnv): string[] {
  // A file that the user's environment names stands there in the user's spelling, NPM_CONFIG_USERCONFIG.
  const names = new Map(Object.entries(env).map(([name, value]) => [name.toLowerCase(), value]));
  const project = names.get('npm_config_local_prefix');
  const npm = names.get('npm_execpath');
  return [
    names.get('npm_config_userconfig'),
    names.get('npm_config_globalconfig'),
    project && join(project, '.npmrc'),
    npm && join(dirname(npm), '..', 'npmrc'),
  ].filter(file => !!file) as string[];
}

/** Settings of an .npmrc by their names with underscores. */
function npmrc(file: string): Map<string, string> {
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // Most users have no such file.
  }
  const lines = [...text.matchAll(/^\s*([\w-]+)\s*(?:=(.*))?$/gm)];
  return new Map(lines.map(([, key, value]) => [key!.replaceAll('-', '_'), iniValue(value)]));
}

/** A value as npm's reader of INI files takes it: in quotes, or up to a comment; variables are filled in. */
function iniValue(text = 'true'): string {
  const trimmed = text.trim();
  const [, quoted] = /^"(.*)"$/.exec(trimmed) ?? /^'(.*)'$/.exec(trimmed) ?? [];
  const value = quoted ?? trimmed.replace(/\s*[;#].*$/, '');
  return value.replace(/\$\{([^}]+)\}/g, (whole, name: string) => process.env[name] ?? whole);
}

/** npm hands `false` and `null` on as nothing. */
function asNpmSays(value: string): string {
  return value === 'false' || value === 'null' ? '' : value;
}
