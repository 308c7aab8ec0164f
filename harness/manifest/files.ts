import type { VggNetwork } from '../../ml/nets/spec.ts';
import type {
  Architecture,
  CurveKind,
  DescribedNetwork,
  Deviation,
  FigurePanel,
  Metric,
  PublishedCurve,
  PublishedValue,
  RunSpec,
  TableColumn,
  TableRow,
} from './types.ts';

/** A protocol as written: experiments/<paper>/protocols/<name>.yaml. */
export interface ProtocolFile {
  title: string;
  /** What all networks share of the paper's protocol. */
  spec: RunSpec;
  networks: Readonly<Record<string, { seeds: number; set: Deviation['set'] }>>;
  /** Departures under every profile, `paper` included. */
  readings: readonly Deviation[];
  profiles: Readonly<Record<string, ProfileFile>>;
  claims: Readonly<Record<string, ClaimFile>>;
}

/** A profile of a protocol as written. */
export interface ProfileFile {
  summary: string;
  default?: true;
  deviations: readonly Deviation[];
  notRun?: readonly { for: readonly string[]; why: string }[];
}

/** A claim as written: `claim` is its id in paper.json. */
export interface ClaimFile {
  claim: string;
  statement: string;
  metric: Metric;
  worse: string;
  better: string;
  thresholds: Readonly<Record<string, { margin: number; sd: number; basis: string }>>;
}

/** A table or figure as written: experiments/<paper>/<name>.yaml. */
export type ManifestFile = TableFile | FigureFile | ArchitectureFile;

interface CommonFile {
  heading: string;
  title: string;
  page: number;
  protocol: string;
  /** Key of the table in paper.json, or of the figure in curves.json. */
  published: string;
  claims?: readonly string[];
  /** Departures from the paper of this table or figure alone, under every profile. */
  readings?: readonly string[];
}

/** A table as written. `published` of a row: its key in paper.json when that is not the label. */
export interface TableFile extends CommonFile {
  kind: 'table';
  columns: readonly TableColumn[];
  rows: readonly (Omit<TableRow, 'published'> & { published?: string })[];
}

/** A figure as written. `published` of a curve: its key in curves.json when that is not the network. */
export interface FigureFile extends CommonFile {
  kind: 'figure';
  panels: readonly (Omit<FigurePanel, 'curves'> & {
    curves: readonly { label: string; network: string; published?: string }[];
  })[];
}

/** A table or figure that is computed from specifications, as written. `published`: key of Table 1 in paper.json. */
export interface ArchitectureFile extends Omit<CommonFile, 'published' | 'claims'> {
  kind: 'architecture';
  shows: Architecture['shows'];
  published?: string;
  size: number;
  networks: readonly DescribedFile[];
  compared?: readonly DescribedFile[];
}

/** A described network as written: one of the protocol's, or a VGG net. `cost`: table, row and column in paper.json. */
export interface DescribedFile {
  label: string;
  network?: string;
  vgg?: VggNetwork['depth'];
  block?: string;
  cost?: readonly [table: string, row: string, column: string];
  counts?: DescribedNetwork['counts'];
}

/** paper.json, as far as manifests refer to it. */
export interface PaperFile {
  tables: Readonly<
    Record<
      string,
      { rows: Readonly<Record<string, Readonly<Record<string, PublishedValue | string | null>>>> }
    >
  >;
  claims: Readonly<Record<string, { statement: string; where: string }>>;
}

/** curves.json: by figure, curve and kind of line; `validation` is what ImageNet has for `test`. */
export interface CurvesFile {
  figures: Readonly<
    Record<
      string,
      Readonly<Record<string, Readonly<Partial<Record<CurveKind | 'validation', PublishedCurve>>>>>
    >
  >;
}
