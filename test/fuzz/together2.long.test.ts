import { agreeTogether } from './agreeTogether.ts';

agreeTogether(2, 2, 250);
agreeTogether(4, 3, 100);
