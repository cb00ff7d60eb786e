import { agreeTogether } from './agreeTogether.ts';

agreeTogether(2, 2, 1500);
agreeTogether(4, 3, 500);
