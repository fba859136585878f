import { OAUTH_CASES } from '../faults/cases/oauth.ts';
import { faulty } from '../faults/faulty.ts';

faulty('oauth', OAUTH_CASES);
