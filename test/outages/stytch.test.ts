import { STYTCH_PLANS } from './plans.ts';
import { outages } from './suite.ts';

outages(STYTCH_PLANS);
