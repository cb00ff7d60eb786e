import { findsMutants } from './findsMutants.ts';

findsMutants(2, 4);
