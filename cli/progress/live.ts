import { createLogUpdate } from 'log-update';
import { terminalOf } from '../terminal.ts';
import type { Estimate } from './estimate.ts';
import { frame, lastFrame } from './frame.ts';
import type { Display } from './types.ts';

/** Milliseconds between two pictures. */
const interval = 100;

/** Runs below each other on a terminal, written over as they proceed, and the whole below them. */
export function openLive(estimate: Estimate): Display {
  const update = createLogUpdate(process.stdout);
  let stopping = false;
  let tick = 0;
  const draw = () => {
    const screen = { ...terminalOf(), height: process.stdout.rows || 24, tick: tick++, stopping };
    update(frame(estimate, screen).join('\n'));
  };
  process.stdout.write('\n');
  const timer = setInterval(draw, interval);
  draw();
  return {
    show: event => void estimate.follow(event),
    stopping() {
      stopping = true;
      draw();
    },
    close(interrupted) {
      clearInterval(timer);
      estimate.end();
      update.clear();
      update.done();
      console.log(lastFrame(estimate, terminalOf(), interrupted).join('\n'));
    },
  };
}
