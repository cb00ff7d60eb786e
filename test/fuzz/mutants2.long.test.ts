import { findsMutants } from './findsMutants.ts';

findsMutants(1, 4);
