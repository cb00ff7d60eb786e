import { agreeOn } from './agree.ts';

agreeOn(1, 200);
