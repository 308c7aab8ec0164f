import { escapeXml } from '../escape.ts';
import type { Story, StoryCase } from './story.ts';

/** A story as JUnit XML: a test for each result, which fails where the result moved. */
export function storyJunit({ experiment, profile, cases, machine }: Story): string {
  const of = (outcome: StoryCase['outcome']) => cases.filter(each => each.outcome === outcome).length;
  const counts = `tests="${cases.length}" failures="${of('failed')}" errors="0" skipped="${of('skipped')}"`;
  const suite = `${experiment}.${profile}`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="residuals" ${counts}>`,
    `  <testsuite name="${escapeXml(suite)}" ${counts}>`,
    '    <properties>',
    `      <property name="machine" value="${escapeXml(machine)}"/>`,
    '    </properties>',
    ...cases.flatMap(each => caseLines(each, suite)),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseLines({ network, name, outcome, text }: StoryCase, suite: string): string[] {
  const attributes = `classname="${escapeXml(`${suite}.${network}`)}" name="${escapeXml(name)}"`;
  const [first] = text.split('\n');
  const inside = {
    passed: `<system-out>${escapeXml(text)}</system-out>`,
    failed: `<failure type="moved" message="${escapeXml(first!)}">${escapeXml(text)}</failure>`,
    skipped: `<skipped message="${escapeXml(first!)}"/>`,
  }[outcome];
  return [`    <testcase ${attributes}>`, `      ${inside}`, '    </testcase>'];
}
