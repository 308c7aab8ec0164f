import type { CurvesFile, ManifestFile, PaperFile, ProtocolFile } from './files.ts';
import type { ResolvedNetwork } from './resolve.ts';
import type { Source } from './yaml.ts';

/** What a target is put together from. */
export interface Parts {
  manifest: Source<ManifestFile>;
  protocol: Source<ProtocolFile>;
  paper: Source<PaperFile>;
  curves: Source<CurvesFile>;
  profile: string;
  networks: ReadonlyMap<string, ResolvedNetwork>;
}
