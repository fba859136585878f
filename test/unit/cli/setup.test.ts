import { expect, test } from 'vitest';
import { mergeTemplate } from '../../../cli/setup/template.ts';

const RIGHT = '{ "user_id": {{ client.trusted_metadata.user_id }} }';

test('a template that is right stays to the letter, however its tags are written', () => {
  for (const text of [
    RIGHT,
    RIGHT.replaceAll(' ', ''),
    `{"a": 1,\n "user_id":{{client.trusted_metadata.user_id }}}`,
  ])
    expect(mergeTemplate(text, 'user_id')).toEqual({ ok: true, value: { text, isRight: true } });
});

test('no template, and one without claims, becomes ours', () => {
  for (const text of ['', '  ', '{}', '{ }'])
    expect(mergeTemplate(text, 'user_id')).toEqual({ ok: true, value: { text: RIGHT, isRight: false } });
});

test('claims of others stay, tags and texts alike', () => {
  expect(mergeTemplate('{"a": {{ client.trusted_metadata.a }}, "b": "not {{ a tag }}"}', 'owner')).toEqual({
    ok: true,
    value: {
      isRight: false,
      text: '{\n  "a": {{ client.trusted_metadata.a }},\n  "b": "not {{ a tag }}",\n  "owner": {{ client.trusted_metadata.owner }}\n}',
    },
  });
});

test('a claim that an API client chooses is not taken for the owner', () => {
  const merged = mergeTemplate('{ "user_id": {{ request.user_id }} }', 'user_id');
  expect(merged).toMatchObject({ ok: true, value: { isRight: false } });
  expect(merged.ok ? merged.value.text : '').not.toContain('request');
});

test('what cannot be read, or cannot be written, is left alone', () => {
  for (const text of ['[1]', '{ "a": ', 'text', '{ {{ a.b }}: 1 '])
    expect(mergeTemplate(text, 'user_id').ok).toBe(false);
  expect(mergeTemplate('', 'https://acme.com/owner').ok).toBe(false);
});
