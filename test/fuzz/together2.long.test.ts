import { agreeTogether } from './agreeTogether.ts';

agreeTogether(2, 2, 400);
agreeTogether(4, 3, 150);
