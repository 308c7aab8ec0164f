import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { DeviceName } from './devices.ts';

/** What decides results to the bit on a device, as far as the system tells. `block`: that of the blocked kernels. */
export function hardwareOf(device: DeviceName, block: number): string {
  if (device === 'cpu') return instructionSet(block);
  return device === 'cuda' ? (nvidia() ?? 'NVIDIA') : graphics();
}

/** By the widths of sums: AVX-512 has blocks of 16, other x86 of 8. */
function instructionSet(block: number): string {
  if (process.arch !== 'x64') return process.arch;
  if (block === 16) return 'avx512';
  if (process.platform !== 'linux') return block === 8 ? 'avx2' : 'x64';
  return /^flags.*\bavx2\b/m.test(read('/proc/cpuinfo')) ? 'avx2' : 'x64';
}

/** `NVIDIA H100 80GB HBM3, driver 580.159.04`: the kinds of card that are here, and what drives them; null without any. */
function nvidia(folder = '/proc/driver/nvidia'): string | null {
  const cards = namesIn(join(folder, 'gpus')).map(
    card => /^Model:\s*(.+)$/m.exec(read(join(folder, 'gpus', card, 'information')))?.[1],
  );
  const models = [...new Set(cards.filter(Boolean))].sort();
  if (models.length === 0) return null;
  const driver = /Kernel Module.*?\s(\d+\.\d+(?:\.\d+)?)\s/.exec(read(join(folder, 'version')))?.[1];
  return [models.join(' or '), ...(driver ? [`driver ${driver}`] : [])].join(', ');
}

/** What WebGPU is on: the Vulkan driver that was asked for, else the card. The engine tells neither. */
function graphics(): string {
  const chosen = process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES;
  if (chosen) return `Vulkan, ${basename(chosen).replace(/^vk_|(_icd)?(\.\w+)?\.json$/g, '')}`;
  if (process.platform === 'darwin') return `Metal, ${process.arch}`;
  if (process.platform === 'win32') return `Direct3D, ${process.arch}`;
  const cards = namesIn('/sys/class/drm').map(
    card => /^PCI_ID=(.+)$/m.exec(read(`/sys/class/drm/${card}/device/uevent`))?.[1],
  );
  const ids = [...new Set(cards.filter(Boolean))].sort();
  return `Vulkan, ${nvidia() ?? (ids.length > 0 ? `PCI ${ids.join(' or ')}` : 'unknown card')}`;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
