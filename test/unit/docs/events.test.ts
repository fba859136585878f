import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { eventSchema } from '../../../src/desk/openapi/events.ts';
import { EVENT_TYPES, type EventType } from '../../../src/model/life.ts';

const page = readFileSync('docs/events.md', 'utf8');
const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text = '']) => JSON.parse(text));

describe('docs/events.md', () => {
  it('has a row for each type of event, and for no other', () => {
    const rows = [...page.matchAll(/^\| `([a-z]+\.[a-z]+)` \|/gm)].map(([, type]) => type);
    expect(rows).toEqual([...EVENT_TYPES]);
  });

  it('has examples', () => {
    expect(examples.length).toBeGreaterThan(1);
  });

  it.each(examples.map((example) => [example.type, example]))('an example of %s is one', (type, example) => {
    expect(eventSchema(type as EventType).parse(example)).toEqual(example);
  });
});
