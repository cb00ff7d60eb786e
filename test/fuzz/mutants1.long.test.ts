import { findsMutants } from './findsMutants.ts';

findsMutants(0, 4);
