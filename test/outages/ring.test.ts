import { RING_PLANS } from './plans.ts';
import { outages } from './suite.ts';

outages(RING_PLANS);
