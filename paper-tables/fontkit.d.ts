/** The part of fontkit 2 that figures use; the package has no types of its own. */
declare module 'fontkit' {
  export interface Font {
    unitsPerEm: number;
    /** Shapes a text: glyphs with kerning, in font units. */
    layout(text: string): {
      advanceWidth: number;
      glyphs: { path: { commands: { command: PathCommand; args: number[] }[] } }[];
      positions: { xAdvance: number; xOffset: number; yOffset: number }[];
    };
  }
  type PathCommand = 'moveTo' | 'lineTo' | 'quadraticCurveTo' | 'bezierCurveTo' | 'closePath';
  export function create(buffer: Uint8Array): Font;
}
