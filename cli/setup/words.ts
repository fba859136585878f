import { diff } from '../diff.ts';
import type { Plan } from './plan.ts';

/** What there is and what will be, for the eyes of whoever says yes to it. */
export const wordsOf = (plan: Plan): readonly string[] => [
  `KV namespace    ${namespaceWords(plan.namespace)}`,
  ...secretWords(plan.secrets),
  ...templateWords(plan.template),
];

const namespaceWords = (namespace: Plan['namespace']): string => {
  switch (namespace.state) {
    case 'there':
      return `there: ${namespace.id}`;
    case 'write':
      return `${namespace.title} is there; its id will be written to wrangler.toml: ${namespace.id}`;
    case 'make':
      return `${namespace.title} will be made, and its id written to wrangler.toml`;
  }
};

const secretWords = ({ put, there, onlyThere }: Plan['secrets']): readonly string[] => [
  ...(put.length === 0 ? [] : [`Secrets         will be put, all in one call: ${put.join(', ')}`]),
  ...(there.length === 0 ? [] : [`Secrets         there: ${there.join(', ')}`]),
  ...(onlyThere.length === 0
    ? []
    : [
        `Secrets         only at Cloudflare, which tells nobody what they are: ${onlyThere.join(', ')}. A rotation needs the file in which they were made`,
      ]),
];

const templateWords = (template: Plan['template']): readonly string[] => {
  switch (template.state) {
    case 'there':
      return ["Claims template there: it names the owner's id"];
    case 'set':
      return [
        `Claims template will be ${template.before.trim() === '' ? 'set' : 'changed; claims that are not ours stay as they are'}:`,
        ...diff(template.before, template.after.content).map((line) => `    ${line}`),
      ];
    case 'by_hand':
      return [
        "Claims template to be pasted: in Stytch's dashboard, project and environment of this id, M2M, custom claims template:",
        `    ${template.text}`,
        '    Claims of yours that stand there may stay. With STYTCH_WORKSPACE_KEY_ID and STYTCH_WORKSPACE_KEY_SECRET in the',
        '    environment, --stytch-project and --stytch-environment, setup does it; latchkey doctor tells whether it is right.',
      ];
  }
};
