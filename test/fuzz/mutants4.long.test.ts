import { findsMutants } from './findsMutants.ts';

findsMutants(3, 4);
