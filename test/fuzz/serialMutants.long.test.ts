import { findsSerialMutants } from './findsMutants.ts';

findsSerialMutants();
