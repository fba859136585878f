import { ADA, type EmulatorProject, GRACE, LIN, OPERATOR } from './emulator-project.ts';
import type { Running } from './start.ts';

/**
 * What is said when everything answers. The commands are indented and hold no comments: they can be pasted into
 * any POSIX shell, one block or all of them.
 */
export const welcome = ({ places, vertical, logFile }: Running, project: EmulatorProject): string => `
Latchkey is ready.

  API     ${places.api}    what your users' keys open
  Desk    ${places.desk}    where keys are made and revoked; ${places.desk}/device lets a device in
  Stytch  ${places.stytch}    an emulator; sign-in page: ${places.login}${vertical === 'b2b' ? `?organization=${LIN.organization}` : ''}
  Origin  ${places.origin}    a demo API that shows who called

${PEOPLE[vertical].who(places.desk)}

Lines to paste. Sign in as that ${PEOPLE[vertical].kind}; the session is good for five minutes:

  SESSION=$(curl -sS ${places.stytch}${PEOPLE[vertical].path} \\
    -u '${project.projectId}:${project.projectSecret}' \\
    -H 'Content-Type: application/json' \\
    -d '${JSON.stringify({ ...PEOPLE[vertical].signIn, session_duration_minutes: 60 })}' \\
    | sed -n 's/.*"session_jwt":"\\([^"]*\\)".*/\\1/p')

Make a key:

  KEY=$(curl -sS ${places.desk}/v1/keys \\
    -H "Authorization: Bearer $SESSION" -H 'Content-Type: application/json' \\
    -d '{"name":"My first key","scopes":["items:read"]}' \\
    | sed -n 's/.*"key":"\\([^"]*\\)".*/\\1/p')

Call the API with it, and see what the origin saw:

  curl -i ${places.api}/v1/items/1 -H "Authorization: Bearer $KEY"

Revoke it; its id is what stands before the last "_". Within five seconds it opens nothing:

  curl -i -X DELETE "${places.desk}/v1/keys/\${KEY%_*}" -H "Authorization: Bearer $SESSION"

Your backend is an operator, and may do all of it for any user; docs/operators.md has the rest:

  OPERATOR=$(curl -sS ${places.stytch}/v1/public/${project.projectId}/oauth2/token \\
    -d grant_type=client_credentials -d client_id=${OPERATOR.clientId} \\
    -d client_secret=${OPERATOR.clientSecret} \\
    | sed -n 's/.*"access_token":"\\([^"]*\\)".*/\\1/p')
  curl -i ${places.desk}/v1/users/${PEOPLE[vertical].id} -H "Authorization: Bearer $OPERATOR"

All of this and more by itself: npm run demo${places.port === 8787 ? '' : ` -- --port ${places.port}`}
Everything is logged in ${logFile}; requests are shown here. Ctrl-C ends it all.
`;

/** Whom the emulator has to sign in, where a project has users and where it has members. */
const PEOPLE = {
  consumer: {
    ...{ kind: 'user', path: '/v1/passwords/authenticate', id: ADA.userId },
    signIn: { email: ADA.email, password: ADA.password },
    who: (desk: string): string =>
      `A user: ${ADA.email}, password: ${ADA.password}\nA person who operates: ${GRACE.email}, password: ${GRACE.password}; ${desk}/operators`,
  },
  b2b: {
    ...{ kind: 'member', path: '/v1/b2b/passwords/authenticate', id: LIN.memberId },
    signIn: { organization_id: LIN.organizationId, email_address: LIN.email, password: LIN.password },
    who: (desk: string): string =>
      `A member, who operates as well: ${LIN.email}, password: ${LIN.password}; ${desk}/operators`,
  },
} as const;
