import { agreeTogether } from './agreeTogether.ts';

agreeTogether(2, 1, 100);
