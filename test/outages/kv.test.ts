import { KV_PLANS } from './plans.ts';
import { outages } from './suite.ts';

outages(KV_PLANS);
