import { describe, expect, it } from 'vitest';
import { arranged, nextStep, type Pace, type Rotation } from '../../../cli/rotate/next-step.ts';

const PACE: Pace = { listed: 100, first: 50, alone: null };
const NOW = 1_000;

const of = (place: Rotation['place'], sentAt: number | null, id = 'new'): Rotation => ({ id, place, sentAt });

describe('the next step of a rotation', () => {
  it.each<[string, Rotation | null, Pace, ReturnType<typeof nextStep>]>([
    ['of none is to begin', null, PACE, { step: 'begin' }],
    ['of a key that never came to be is to begin', of('listed', null, 'gone'), PACE, { step: 'begin' }],
    [
      'of a list that was not sent is to send it',
      of('listed', null),
      PACE,
      { step: 'send', place: 'listed' },
    ],
    ['that was cut off is the same again', of('first', null), PACE, { step: 'send', place: 'first' }],
    ['comes when it is safe, and not before', of('listed', 901), PACE, { step: 'wait', until: 1_001 }],
    ['of a key that everybody knows is to use it', of('listed', 900), PACE, { step: 'send', place: 'first' }],
    ['of one that is in use is to wait', of('first', 951), PACE, { step: 'wait', until: 1_001 }],
    ['and then to leave it alone', of('first', 950), PACE, { step: 'send', place: 'alone' }],
    ['of one that is over is to begin another', of('alone', 0), PACE, { step: 'begin' }],
    ['the same where the others stay', of('first', 999), { ...PACE, first: null }, { step: 'begin' }],
  ])('%s', (_, rotation, pace, step) => {
    expect(nextStep(rotation, ['old', 'new'], pace, NOW)).toEqual(step);
  });
});

describe('a list of keys', () => {
  const keys = ['a', 'new', 'b'].map((id) => ({ id, key: {} }));

  it.each([
    ['listed', ['a', 'b', 'new']],
    ['first', ['new', 'a', 'b']],
    ['alone', ['new']],
  ] as const)('with the new one %s is in that order, and once more the same', (place, order) => {
    const once = arranged(keys, 'new', place);
    expect(once.map(({ id }) => id)).toEqual(order);
    expect(arranged(once, 'new', place)).toEqual(once);
  });
});
